// Package plot draws models, data and training curves, as PNG or SVG.
//
// Colours are chosen for colour-blind readers (Okabe and Ito, Color Universal Design,
// 2008), and are never the only distinction. Lengths are in points of 1/72 inch from the
// top left corner.
package plot
