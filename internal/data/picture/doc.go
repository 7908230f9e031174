// Package picture decodes image files to the same pixels as libjpeg, libpng and libwebp,
// and resizes them to the input size of a model.
package picture
