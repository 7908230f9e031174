// Package pretrained loads pretrained weights: it lists the tensors in files of cnntrain, Keras
// and PyTorch, and assigns them to the layers of a model.
// Nothing in a file is executed, and memory is bounded by its size.
package pretrained
