// Package picture decodes image files, with the pixels of libjpeg, libpng and libwebp,
// and brings them to the size of a model's input.
package picture
