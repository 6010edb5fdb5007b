"""Language models of any provider, through litellm. The one place that imports litellm, and only when used.

One call of a generator is one HTTP request: litellm's own retries, fallbacks and replays are off, so that the
scheduler can reserve, count and settle every try.
"""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import metadata
from threading import Event
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import anyio.to_thread

from modulo.budget import Usage
from modulo.canonical import JsonValue
from modulo.errors import (
    Billing,
    ConfigurationError,
    GenerationError,
    GenerationTimeout,
    MissingDependencyError,
    UnknownPriceError,
)
from modulo.generators.answer_schema import AnswerSchema
from modulo.generators.llm_answers import Tokens, read_generations
from modulo.generators.llm_bills import PromptBills
from modulo.generators.llm_bounds import most_prompt_tokens
from modulo.generators.llm_connections import LITELLM_LOOP, forbid_replays, keep_out_of_logging_worker
from modulo.generators.llm_faults import as_generation_error
from modulo.generators.llm_model import Endpoint, ModelFacts, look_up
from modulo.generators.llm_options import (
    check_connection,
    check_extra,
    check_sampling,
    reasoning_arguments,
)
from modulo.generators.llm_prefill import Prefill, continuation, messages_of, prompt_arguments
from modulo.generators.llm_tools import tool_arguments, tool_texts
from modulo.generators.model_limits import ModelLimits
from modulo.generators.price import Price
from modulo.protocols import Generation, Generator, Request
from modulo.sending import tell_whether_sent

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["LLM", "MALICIOUS_VERSIONS", "import_litellm"]

MALICIOUS_VERSIONS: Final = frozenset({"1.82.7", "1.82.8"})
"""Of litellm, uploaded to PyPI by an attacker; they steal credentials as soon as they are imported."""

_MAX_SAMPLES_PER_CALL: Final = 8
_DEFAULT_CONCURRENCY: Final = 64


class LLM(Generator):
    """A language model, named as litellm names it.

    Args:
        model: Provider and model, e.g. ``"openai/gpt-5-mini"`` or ``"anthropic/claude-sonnet-4-5"``.
        temperature: Softmax temperature; None leaves it to the provider.
        max_output_tokens: Longest answer, reasoning included. What litellm knows of the model clips it.
        seed: Seed of the sampler, where the model takes one. The calls of a run count up from it, so that the
            same prompt asked twice is sampled twice.
        reasoning_effort: For reasoning models, e.g. ``"low"``.
        schema: A pydantic model class or a JSON schema that answers must fit. One that does not finishes as
            ``Finish.MALFORMED``.
        timeout_seconds: Deadline of one call, from its start to the last byte of the answer.
        api_base: Address of an OpenAI-compatible or other server, in place of the provider's own.
        api_key: The key, in place of the provider's environment variable. It is never shown nor recorded.
        limits: Calls at once and per minute; share one object among the generators of a model.
        price: The price, where litellm does not know it or knows it wrong.
        prefill: Whether the model can go on from the beginning of an answer (``Request.prefills``). None believes
            litellm. True says so of servers that litellm does not know and that take ``continue_final_message``, as
            vLLM, SGLang and llama.cpp do.
        routes: Whether the endpoint hands calls on to different models under this one name. Then no prompt is
            foretold by what another was billed at, but all by their bytes. None takes it of providers that are known
            to.
        extra: Further parameters of ``litellm.acompletion``.

    Raises:
        ConfigurationError: An option makes no sense.
    """

    def __init__(
        self,
        model: str,
        *,
        temperature: float | None = None,
        max_output_tokens: int = 8192,
        seed: int | None = None,
        reasoning_effort: str | None = None,
        schema: type[BaseModel] | Mapping[str, JsonValue] | None = None,
        timeout_seconds: float = 600.0,
        api_base: str | None = None,
        api_key: str | None = None,
        limits: ModelLimits | None = None,
        price: Price | None = None,
        prefill: bool | None = None,
        routes: bool | None = None,
        extra: Mapping[str, JsonValue] | None = None,
    ) -> None:
        check_sampling(
            temperature=temperature,
            max_output_tokens=max_output_tokens,
            seed=seed,
            reasoning_effort=reasoning_effort,
        )
        check_connection(timeout_seconds=timeout_seconds, api_key=api_key)
        check_extra(extra)
        _check_kind("limits", limits, ModelLimits)
        _check_kind("price", price, Price)
        _check_kind("prefill", prefill, bool)
        _check_kind("routes", routes, bool)
        self.model = model
        self.temperature = temperature
        self.max_output_tokens = max_output_tokens
        self.seed = seed
        self.reasoning_effort = reasoning_effort
        self.schema = None if schema is None else AnswerSchema(schema)
        self.timeout_seconds = timeout_seconds
        self.limits = limits or ModelLimits(concurrency=_DEFAULT_CONCURRENCY)
        self.extra = dict(extra or {})
        self._given_endpoint = Endpoint(model=model, api_base=api_base, api_key=api_key)
        self._price = price
        self._given_prefill = prefill
        self._given_routes = routes
        self._bills = PromptBills()
        self._known: ModelFacts | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r})"

    async def generate(self, request: Request) -> Generation:
        """Ask for one answer, with one HTTP request.

        Raises:
            GenerationError: There is no text; its ``billing`` says whether the call may have to be paid.
        """
        return (await self.generate_samples(request, 1))[0]

    async def generate_samples(self, request: Request, samples: int) -> Sequence[Generation]:
        """Ask for several answers with one HTTP request; fewer come back where the provider ignores ``n``.

        Raises:
            GenerationError: As ``generate``.
        """
        sent = Event()
        try:
            if self._known is None:
                await self.prepare(lambda _: False)
            endpoint, arguments = await self._endpoint(), self._arguments(request, samples)
            reads = partial(
                read_generations, schema=self._schema_of(request), has_tools=request.toolbox is not None
            )
            call = partial(self._call, endpoint, arguments, reads, sent)
            found = (await LITELLM_LOOP.run(call))[:samples]
        finally:
            tell_whether_sent(sent.is_set())
        if samples == 1:
            self._bills.note(request, found[0])
        if not request.prefills:
            return found
        return [continuation(each, request.prefix, repeats=self._facts.repeats_prefix) for each in found]

    @property
    def takes_prefill(self) -> bool:
        """Whether it was said to, or litellm knows that the model does.

        Raises:
            ConfigurationError: litellm knows no such provider, or there is no key for it.
        """
        return self._prefill is not None

    def samples_per_call(self, request: Request) -> int:
        """8, a number that every provider with ``n`` grants; 1 where there is no ``n``."""
        return _MAX_SAMPLES_PER_CALL if self._facts.takes_n else 1

    def worst_case(self, request: Request, samples: int = 1) -> Usage:
        """An upper bound on one call. The cost is 0 where nobody knows the price (see ``prepare``)."""
        schema = self._schema_of(request)
        prompt_tokens = most_prompt_tokens(
            messages_of(request),
            billed=self._bills.beginning_of(request) if self._foretells else None,
            schema_bytes=schema.size_bytes if schema else 0,
            extra=self.extra,
            tool_texts=tool_texts(request.toolbox),
        )
        completion_tokens = samples * self._most_output_tokens(request)
        cost_usd = self._facts.worst_cost_usd(prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
        return Usage(
            calls=1, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, cost_usd=cost_usd
        )

    async def prepare(self, limits: Callable[[str], bool]) -> None:
        """Load litellm, and look the model and its key up. Nothing is sent.

        Raises:
            MissingDependencyError: litellm is not here, or in a version that must not be used.
            ConfigurationError: The model string, or the key for it, is missing or wrong.
            UnknownPriceError: Cost is limited, and nobody knows what the model costs.
        """
        if self._known is None:
            self._known = await anyio.to_thread.run_sync(self._look_up, abandon_on_cancel=True)
        if limits("cost_usd") and self._known.price is None:
            raise UnknownPriceError(
                f"cost is limited, and nobody knows what {self.model!r} costs: pass price=Price(...) to LLM, "
                "or name its price in the study (modulo bench: --price MODEL=IN,OUT)"
            )

    def describe(self) -> Mapping[str, JsonValue]:
        """Settings and, once prepared, the price snapshot. No keys, and of ``extra`` only numbers."""
        return {
            "generator": type(self).__name__,
            "model": self.model,
            "api_base": _without_credentials(self._given_endpoint.api_base),
            "temperature": self.temperature,
            "max_output_tokens": self.max_output_tokens,
            "seed": self.seed,
            "reasoning_effort": self.reasoning_effort,
            "timeout_seconds": self.timeout_seconds,
            "schema": self.schema.json_schema if self.schema else None,
            "extra": {name: _if_number(value) for name, value in self.extra.items()},
            "price": self._known.price_snapshot() if self._known else None,
        }

    async def _endpoint(self) -> Endpoint:
        return self._given_endpoint

    @property
    def _facts(self) -> ModelFacts:
        if self._known is None:
            self._known = self._look_up()
        return self._known

    def _look_up(self) -> ModelFacts:
        litellm = import_litellm()
        return look_up(litellm, self._given_endpoint, price=self._price, version=metadata.version("litellm"))

    @property
    def _prefill(self) -> Prefill | None:
        if self._given_prefill is False:
            return None
        return self._facts.prefill or (Prefill.BY_REQUEST if self._given_prefill else None)

    @property
    def _foretells(self) -> bool:
        """Whether what a prompt was billed at tells something of those that go on from it."""
        facts = self._facts
        routes = facts.routes if self._given_routes is None else self._given_routes
        return facts.reports_tokens and not routes

    def _schema_of(self, request: Request) -> AnswerSchema | None:
        """The schema of whole answers, or what takes its place behind a prefix; none beside calls of tools."""
        if request.toolbox is not None:
            return None
        if not request.prefix or self.schema is None:
            return self.schema
        return None if request.schema is None or request.prefills else AnswerSchema(request.schema)

    def _most_output_tokens(self, request: Request) -> int:
        wanted = request.sampling.max_output_tokens or self.max_output_tokens
        wanted += request.sampling.thinking_tokens or 0
        most = self._facts.max_output_tokens
        return wanted if most is None else min(wanted, most)

    def _seed_of(self, request: Request) -> int | None:
        if request.sampling.seed is not None:
            return request.sampling.seed
        return None if self.seed is None else self.seed + request.turn

    def _arguments(self, request: Request, samples: int) -> dict[str, Any]:
        sampling, schema = request.sampling, self._schema_of(request)
        settings = {
            "temperature": self.temperature if sampling.temperature is None else sampling.temperature,
            "seed": self._seed_of(request),
            **reasoning_arguments(sampling, self.reasoning_effort),
            "response_format": schema.response_format if schema else None,
            "n": samples if samples > 1 else None,
        }
        return {
            **self.extra,
            **{name: value for name, value in settings.items() if value is not None},
            **prompt_arguments(request, self._prefill if request.prefills else None, self.extra),
            **tool_arguments(request.toolbox),
            # litellm renames it for models that want max_completion_tokens.
            "max_tokens": self._most_output_tokens(request),
            "timeout": self.timeout_seconds,
            "num_retries": 0,
            "max_retries": 0,
        }

    async def _call(
        self,
        endpoint: Endpoint,
        arguments: Mapping[str, Any],
        reads: Callable[..., tuple[Generation, ...]],
        sent: Event,
    ) -> tuple[Generation, ...]:
        """One call, in litellm's own loop. The deadline does not run while the call waits for its turn."""
        async with self.limits.turn() as had_to_wait:
            if had_to_wait:
                await LITELLM_LOOP.hear_caller()
            sent.set()
            response = await self._complete(endpoint, arguments)
        return reads(response, cost_usd=partial(self._cost_usd, response))

    def _cost_usd(self, response: Any, tokens: Tokens) -> float:
        facts = self._facts
        if facts.price is None or facts.ceiling is None:
            return 0.0
        price = facts.price
        if not facts.is_own_price:
            # litellm knows discounts and surcharges that two prices cannot express.
            with suppress(Exception):
                return float(import_litellm().completion_cost(response, model=self.model))
            price = facts.ceiling
        return price.cost_usd(
            prompt_tokens=tokens.prompt, completion_tokens=tokens.completion, cached_tokens=tokens.cached
        )

    async def _complete(self, endpoint: Endpoint, arguments: Mapping[str, Any]) -> Any:
        litellm = import_litellm()
        keep_out_of_logging_worker()
        fault: GenerationError
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await litellm.acompletion(
                    model=endpoint.model, api_base=endpoint.api_base, api_key=endpoint.api_key, **arguments
                )
        except TimeoutError:
            fault = GenerationTimeout(
                f"{self.model}: no complete answer in {self.timeout_seconds:g} s", billing=Billing.UNKNOWN
            )
        except Exception as error:  # noqa: BLE001  litellm raises anything
            fault = as_generation_error(error, secrets=[endpoint.api_key] if endpoint.api_key else [])
        # Raised out here, the fault has no context: litellm's exceptions hold the request, key included.
        raise fault


@cache
def import_litellm() -> Any:
    """litellm, loaded on first use and told to keep quiet.

    Raises:
        MissingDependencyError: It is not here, or in a version that must not be used.
    """
    try:
        version = metadata.version("litellm")
    except metadata.PackageNotFoundError as error:
        raise MissingDependencyError("litellm is not installed: pip install litellm") from error
    if version in MALICIOUS_VERSIONS:
        raise MissingDependencyError(
            f"litellm {version} contains malware and was not loaded: pip install --upgrade litellm, "
            "and change every key that this machine holds"
        )
    # Else litellm fetches its table of models, and headers for Anthropic, from GitHub when it loads them.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    # Its modules, which load as they are needed, trip over this on older Pythons.
    warnings.filterwarnings("ignore", message=".* on TypedDict class .* `ReadOnly` qualifier")
    import litellm
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    litellm.suppress_debug_info = True  # or it prints advice to standard output
    forbid_replays(AsyncHTTPHandler)
    return litellm


def _check_kind(name: str, value: object, kind: type) -> None:
    if value is not None and not isinstance(value, kind):
        raise ConfigurationError(f"{name} takes a {kind.__name__}, not a {type(value).__name__}")


def _without_credentials(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _if_number(value: JsonValue) -> JsonValue:
    # Text may be a secret, such as a header.
    return value if isinstance(value, bool | int | float) else "(not shown)"
