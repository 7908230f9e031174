module cnntrain/internal/kernels/asm

go 1.26.0
