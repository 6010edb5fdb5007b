"""What a study found, passed on as data to train models with or to look into.

Every row about runs can be judged again: certified answers carry their certificate, others the problem and the
candidate. Each says where it comes from, and under which licence its problem may be passed on.
"""

from modulo.bench.export.formats import FORMATS, Format, exported_rows

__all__ = ["FORMATS", "Format", "exported_rows"]
