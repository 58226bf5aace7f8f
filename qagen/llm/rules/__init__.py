"""The embedded provider `rules`: questions found by rules, without a model, a key or a network.

It makes the whole pipeline runnable and testable offline. Its questions are for trying things out, not for training.

    material -> blocks -> sentences -> faq, glossary, abbreviations, definitions, steps, tables, cloze -> questions
"""

from __future__ import annotations

from qagen.llm.rules.transport import RulesTransport

__all__ = ["RulesTransport"]
