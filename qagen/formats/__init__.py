"""Every file on disk as one pydantic model: the model is the specification of its file.

All files are UTF-8 JSON without NaN; times are UTC, ISO 8601 with `Z`. Readers accept what older and neighbouring tools
wrote; writers write exactly what the models say.
"""

from qagen.formats.chunk_file import COLUMNS, Chunk, ChunkFile, DocumentInfo, ProcessingInfo
from qagen.formats.document_settings import ENDING, DocumentSettings
from qagen.formats.embeddings_file import EmbeddingsInfo, EmbeddingsSpent
from qagen.formats.json_text import (
    NO_CHECKSUM,
    decode,
    encode,
    encode_lines,
    is_unchanged,
    seal,
    seal_blocks,
    utc_time,
    without_surrogates,
)
from qagen.formats.negatives_file import (
    ExtraPositive,
    MinedPair,
    MiningInfo,
    MiningSummary,
    Negative,
    NegativesFile,
)
from qagen.formats.pair_rows import PAIR_FIELDS, Row, pair_rows, parse_rows
from qagen.formats.qa_file import ChunkError, ChunkRecord, GenerationInfo, Pair, QAFile, RawReply, Summary, TokenCounts
from qagen.formats.training_data import LeftOut, ProcessingConfig, TrainingDocument, TrainingMetadata, TrainingPair

__all__ = [
    "COLUMNS",
    "ENDING",
    "NO_CHECKSUM",
    "PAIR_FIELDS",
    "Chunk",
    "ChunkError",
    "ChunkFile",
    "ChunkRecord",
    "DocumentInfo",
    "DocumentSettings",
    "EmbeddingsInfo",
    "EmbeddingsSpent",
    "ExtraPositive",
    "GenerationInfo",
    "LeftOut",
    "MinedPair",
    "MiningInfo",
    "MiningSummary",
    "Negative",
    "NegativesFile",
    "Pair",
    "ProcessingConfig",
    "ProcessingInfo",
    "QAFile",
    "RawReply",
    "Row",
    "Summary",
    "TokenCounts",
    "TrainingDocument",
    "TrainingMetadata",
    "TrainingPair",
    "decode",
    "encode",
    "encode_lines",
    "is_unchanged",
    "pair_rows",
    "parse_rows",
    "seal",
    "seal_blocks",
    "utc_time",
    "without_surrogates",
]
