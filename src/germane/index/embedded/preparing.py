"""Documents → what the writer needs of them: all that can be computed before, in whatever process."""

from collections.abc import Sequence

from germane.index import Document, Prepared
from germane.index.analysis import prepare
from germane.index.embedded.schema import stored_documents
from germane.index.embedded.vectors.rows import row_columns_of
from germane.index.pieces import cut


def prepare_embedded(documents: Sequence[Document], dimensions: int) -> Prepared:
    """Return documents as the writer takes them; see `germane.index.prepare_documents`."""
    pieces = cut([prepare(text) for document in documents for text in (document.title, document.abstract)])
    texts = stored_documents(documents, pieces)
    return Prepared([d.id for d in documents], texts, row_columns_of(documents, pieces, dimensions))
