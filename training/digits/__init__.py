"""How the reader of handwritten figures (ocr/handwriting) is made; README.md tells the commands."""
