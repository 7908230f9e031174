// Package train fits a model to data and evaluates it.
//
// It uses a model through a small interface, and files only through callbacks.
package train
