"""The conversations with generators: prompts, backprompts, and the artefacts that they build on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard

from modulo.backprompt import ChatBackprompter
from modulo.errors import ConfigurationError, ProblemError
from modulo.graph.nodes import GeneratorNode
from modulo.problem import Candidate, Problem
from modulo.protocols import Backprompter, Conversation, Message, Rendered
from modulo.running.failures import part_of_program, raise_of_program
from modulo.tree import Tree

__all__ = ["BACKPROMPTER", "Conversations"]

_PROMPT: Final = "the prompt of generator"
BACKPROMPTER: Final = "the backprompter of generator"
_ROLES: Final = ("system", "user", "assistant")


class Conversations:
    """Renders the conversations of one run.

    Args:
        problem: The problem.
        tree: The attempts so far; only read.
    """

    def __init__(self, problem: Problem[Any], tree: Tree) -> None:
        self._problem = problem
        self._tree = tree
        self._memo: dict[Any, Any] = {}
        self._prompts: dict[tuple[Any, ...], tuple[Message, ...]] = {}

    def artefacts(self, inputs: Mapping[str, int]) -> Mapping[str, Candidate[Any]]:
        """The certified candidates that an attempt with these inputs builds on, directly or not, by artefact."""
        found: dict[str, Candidate[Any]] = {}
        for name, made_by in inputs.items():
            attempt = self._tree[made_by]
            assert attempt.candidate is not None
            found.update(self.artefacts(attempt.inputs))
            found[name] = attempt.candidate
        return found

    def render(
        self,
        node: GeneratorNode,
        parent: int | None,
        inputs: Mapping[str, int],
        artefacts: Mapping[str, Candidate[Any]],
        backprompter: Backprompter,
    ) -> Rendered:
        """The conversation for an attempt that goes on from another one, or begins anew."""
        prompt = self._prompt(node, inputs, artefacts)
        if parent is None:
            return Rendered(messages=prompt)
        conversation = Conversation(
            problem=self._problem,
            prompt=prompt,
            turns=self._tree.turns(self._tree[parent]),
            node=node.name,
            memo=self._memo,
        )
        try:
            rendered = backprompter.render(conversation)
        except BaseException as error:  # noqa: BLE001  raised by this
            raise_of_program(BACKPROMPTER, node.name, error)
        if type(backprompter) is ChatBackprompter:
            return rendered  # made of messages only; to look through long conversations each time is slow
        if not isinstance(rendered, Rendered) or not _are_messages(rendered.messages):
            raise ConfigurationError(f"{BACKPROMPTER} {node.name!r} rendered no messages of plain text")
        return rendered

    def _prompt(
        self, node: GeneratorNode, inputs: Mapping[str, int], artefacts: Mapping[str, Candidate[Any]]
    ) -> tuple[Message, ...]:
        """The opening of a conversation; the same object for the same inputs."""
        key = (node.name, *inputs.values())
        prompt = self._prompts.get(key)
        if prompt is None:
            values = [artefacts[name].value() for name in node.reads]
            prompt = self._prompts[key] = _opening(node, self._problem, values)
        return prompt


def _opening(node: GeneratorNode, problem: Problem[Any], values: Sequence[Any]) -> tuple[Message, ...]:
    if node.prompt is None:
        parts = [problem.value if isinstance(problem.value, str) else problem.canonical.decode()]
        parts += [value if isinstance(value, str) else str(value) for value in values]
        return (Message("user", "\n\n".join(parts)),)
    prompt = part_of_program(_PROMPT, node.name, node.prompt, problem.value, *values)
    if isinstance(prompt, str):
        messages: tuple[Any, ...] = (Message("user", prompt),)
    else:
        messages = part_of_program(_PROMPT, node.name, tuple, prompt)
    if not _are_messages(messages):
        raise ProblemError(f"{_PROMPT} {node.name!r} is neither text nor messages")
    return messages


def _are_messages(messages: object) -> TypeGuard[tuple[Message, ...]]:
    return isinstance(messages, tuple) and bool(messages) and all(map(_is_message, messages))


def _is_message(message: object) -> bool:
    """Whether something is a message of plain text: hashes tell apart, and traces take, nothing else."""
    return isinstance(message, Message) and message.role in _ROLES and type(message.content) is str
