"""The form of structured answers: JSON Schema and pydantic models as format critics, which gate all others.

``TolerantJson`` is the reformulator for what models make of JSON; what it mends stands in the trace.
"""

from modulo.critics.schema.json_schema import FitsSchema
from modulo.critics.schema.pydantic_model import FitsModel
from modulo.critics.schema.tolerant import TolerantJson

__all__ = ["FitsModel", "FitsSchema", "TolerantJson"]
