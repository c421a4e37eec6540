"""What a file of weights was started from: read without running code from it, tested by law.

A pickle can run any code, so none is ever loaded: PyTorch's .pt files and arrays of Python objects
are refused. What is read is bounded before it is read, and one tensor is held at a time.
"""

from vscore.audit.errors import AuditError
from vscore.audit.report import AuditReport, TensorAudit, audit

__all__ = ["AuditError", "AuditReport", "TensorAudit", "audit"]
