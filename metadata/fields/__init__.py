"""Fields of a document, group by group: the head, the signing, the holder, the whole."""
