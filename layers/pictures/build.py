"""What the pictures layer leaves out: of Pillow, everything but the decoders of JPEG and PNG."""

TRIMMED = (
    "bin",
    "PIL/_avif*",
    "PIL/_imagingft*",
    "PIL/_imagingtk*",
    "PIL/_webp*",
    "pillow.libs/libavif*",
    "pillow.libs/libbrotli*",
    "pillow.libs/libfreetype*",
    "pillow.libs/libharfbuzz*",
    "pillow.libs/libpng*",
    "pillow.libs/libsharpyuv*",
    "pillow.libs/libwebp*",
)
