// Package train fits a model to data and evaluates it.
//
// It sees a model only through a small interface, and acts on files only
// through callbacks.
package train
