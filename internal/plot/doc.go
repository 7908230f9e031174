// Package plot draws pictures of models, data and training, as PNG or SVG.
//
// Colours are told apart by colour-blind people too (Okabe and Ito, Color Universal
// Design, 2008) and never carry meaning alone. Lengths are in points of 1/72 inch
// from the top left corner.
package plot
