// Package pretrained starts a model from weights that others trained: it lists the tensors
// in files of cnntrain, Keras and PyTorch, and finds the ones that a model's layers take.
// Nothing in a file is executed, and memory is bounded by its size.
package pretrained
