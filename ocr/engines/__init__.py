"""One engine a module; ocr.engine has their contract and the table."""
