"""Plans out of chat text: what is read, what is a claim, and what is refused with which reason."""

from __future__ import annotations

from contextlib import suppress

import pytest

from modulo.critics.plan import PlanValidator
from modulo.domains.planning import parse_plan
from modulo.errors import Malformed
from modulo.problem import NO_SOLUTION
from tests.domains.planning.problems import BLOCKS, NOTHING_TO_DO, PLAN, TEMPORAL

FOUR = PLAN.splitlines()


@pytest.mark.parametrize(
    "text",
    [
        PLAN,
        PLAN.upper(),
        PLAN.replace("\n", "\r\n"),
        PLAN.replace("\n", "  \n") + "  ",
        PLAN.replace("\n", "\n\n"),
        PLAN.replace("\n", " "),
        PLAN.replace("\n", ""),
        PLAN.replace("\n", ", "),
        PLAN.replace("\n", " -> "),
        PLAN.replace(")\n(", ") \u2192 ("),
        PLAN.replace(")", ")."),
        PLAN.replace(" ", ", "),
        "( unstack  a\tc )\n(  put-down a)\n(pick-up c )\n(stack c  b)",
        "unstack a c\nput-down a\npick-up c\nstack c b",
        "Unstack a c.\nPut-down a.\nPick-up c.\nStack c b.",
        "unstack(a, c)\nput-down(a)\npick-up(c)\nstack(c, b)",
        "1. (unstack a c)\n2. (put-down a)\n3. (pick-up c)\n4. (stack c b)",
        "1. (unstack a c)\n1. (put-down a)\n1. (pick-up c)\n1. (stack c b)",
        "1) unstack a c\n2) put-down a\n3) pick-up c\n4) stack c b",
        "0: (unstack a c)\n1: (put-down a)\n2: (pick-up c)\n3: (stack c b)",
        "[1] (unstack a c)\n[2] (put-down a)\n[3] (pick-up c)\n[4] (stack c b)",
        "(1) (unstack a c)\n(2) (put-down a)\n(3) (pick-up c)\n(4) (stack c b)",
        "Step 1: (unstack a c)\nStep 2: (put-down a)\nStep 3: (pick-up c)\nStep 4: (stack c b)",
        "Step 1:\n(unstack a c)\nStep 2:\n(put-down a)\nStep 3:\n(pick-up c)\nStep 4:\n(stack c b)",
        "**Step 1:** `(unstack a c)`\n**Step 2:** `(put-down a)`\n**Step 3:** (pick-up c)\n**Step 4:** (stack c b)",
        "- (unstack a c)\n- (put-down a)\n- (pick-up c)\n- (stack c b)",
        "* **(unstack a c)**\n* **(put-down a)**\n* **(pick-up c)**\n* **(stack c b)**",
        "> (unstack a c)\n> (put-down a)\n> (pick-up c)\n> (stack c b)",
        "### Step 1: (unstack a c)\n### Step 2: (put-down a)\n### Step 3: (pick-up c)\n### Step 4: (stack c b)",
        "(unstack a c) ; a is in the hand\n(put-down a) # now not\n(pick-up c) // c\n(stack c b) - done",
        "1. **(unstack a c)**: the hand takes a.\n2. (put-down a) \u2013 so.\n3. (pick-up c): c.\n4. (stack c b)",
        f"; my plan\n{PLAN}\n; cost = 4 (unit cost)",
        f"---\n{PLAN}\n---\nI hope that 5 \u2013 or na\u00efvely 4 \u2013 steps are fine.",
        f"```\n---\n{PLAN}\n---\n```",
        f"{PLAN}\n\n1. The first step frees c.\n2. The second frees the hand.",
        f"Here is the plan:\n\n{PLAN}\n\nI hope this helps!",
        f"```\n{PLAN}\n```",
        f"```pddl\n{PLAN}\n```\n",
        f"~~~\n{PLAN}\n~~~",
        f"```\n{PLAN}",
        f"```\n{PLAN}```",
        f"```\nPlan:\n{PLAN}\n```",
        f"````markdown\n{PLAN}\n````",
        f"Sure!\n```\n{PLAN}\n```\nAfter (stack c b), the goal holds. (That is all.)",
        f"Stack c on b in the end:\n```\n{PLAN}\n```",
        f"```\n(on a c)\n(clear a)\n```\nis the state.\n```\n{PLAN}\n```",
        f"```\n{PLAN}\n```\nOnce more, step by step:\n```\n{PLAN}\n```",
        f"[PLAN]\n{PLAN}\n[PLAN END]",
        f"[PLAN] {FOUR[0]}\n{FOUR[1]}\n{FOUR[2]}\n{FOUR[3]} [PLAN END]",
        f"{PLAN}\n[PLAN END]",
        f"[PLAN]\n{PLAN}\n",
        f"**[PLAN]**\n```\n{PLAN}\n```\n**[PLAN END]**\nThe plan stacks c on b.",
        f"<plan>\n{PLAN}\n</plan>",
        f"<think>\nFirst (pick-up b)? No.\n```\n(stack b a)\n```\n</think>\n{PLAN}",
        f"First (pick-up b)? No.\n</think>\n\n{PLAN}",
        f"<THINKING>hm</THINKING>{PLAN}",
        "1. (unstack a c)\nThis frees c.\n2. (put-down a)\nThis frees the hand.\n3. (pick-up c)\n4. (stack c b)",
        "I would pick-up a block first.\n" + PLAN,
        f"{PLAN}\nI stack a block on another one in the end.",
        f"; unstack a from c\n{FOUR[0]}\n; put down a\n{FOUR[1]}\n; pick up c\n{FOUR[2]} ; stack c on b\n{FOUR[3]}",
        f"```\n{PLAN}\n```\nSo we unstack a from c, put down a, pick up c, and stack c on b.",
    ],
)
def test_a_plan_is_read_whatever_its_chat_form(text: str) -> None:
    assert parse_plan(text, BLOCKS) == PLAN


@pytest.mark.parametrize(
    ("text", "code", "location"),
    [
        ("", "no_plan", None),
        ("  \n\t\n", "no_plan", None),
        ("```\n```", "no_plan", None),
        ("# a comment, but not of PDDL", "no_plan", None),
        ("Sorry, I cannot solve this problem.", "no_plan", None),
        ("No valid plan exists as the goals form a cycle.", "no_plan", None),
        ("It is not possible.", "no_plan", None),
        ("```\n(on a c)\n(clear a)\n```", "no_plan", None),
        (f"No plan exists.\n{PLAN}", "contradiction", "line 1"),
        (f"```\n{PLAN}\n```\nNo plan exists.", "contradiction", "line 7"),
        ("(unstack a c)\n...\n(stack c b)", "several_plans", "line 3"),
        (f"{PLAN}\n... (and so on)", "abbreviated", "line 5"),
        (f"```\n{FOUR[0]}\n...\n{FOUR[3]}\n```", "abbreviated", "line 3"),
        (f"```\n{PLAN}\n```\n\u2026", "abbreviated", "line 7"),
        (f"{PLAN}\n(stack c b", "unreadable_action", "line 5"),
        (f"{PLAN}\n(stack (c) b)", "unreadable_action", "line 5"),
        (f"{PLAN}\n(st\u0430ck c b)", "unreadable_action", "line 5"),
        (f"{PLAN}\nst\u0430ck c b", "unreadable_action", "line 5"),
        (f"{PLAN}\nstak c b", "unreadable_action", "line 5"),
        (f"{PLAN}\nstack c on b", "unreadable_action", "line 5"),
        (f"{PLAN}\n()", "unreadable_action", "line 5"),
        (f"{PLAN}\n\x00", "unreadable_action", "line 5"),
        (f"{PLAN}\n(and so on)", "unreadable_action", "line 5"),
        (f"{PLAN}\n(stack c b) is not possible", "unreadable_action", "line 5"),
        ("(unstack a\n c)", "unreadable_action", "line 1"),
        (f"```\n{PLAN}\n```\n(stack c b", "unreadable_action", "line 7"),
        (f"```\n{PLAN}\nput a on b\n```", "unreadable_action", "line 6"),
        (f"```\n{FOUR[0]}\n(on a c)\n```", "unreadable_action", "line 3"),
        ("```\nunstack a from c\nput it down\n```", "unreadable_action", "line 2"),
        ("(unstack a c); (put-down a); (stack c b)", "action_in_prose", "line 1"),
        (f"First (pick-up b), then:\n{PLAN}", "action_in_prose", "line 1"),
        (f"First (unstack a c), then:\n{PLAN}", "action_in_prose", "line 1"),
        (f"We unstack a c, then:\n{PLAN}", "action_in_prose", "line 1"),
        (f"We pick-up a.\n{PLAN}", "action_in_prose", "line 1"),
        (f"```\n{PLAN}\n```\nThen (pick-up a).", "action_in_prose", "line 7"),
        (f"```\n{PLAN}\n```\nand then stack(a, c) too", "action_in_prose", "line 7"),
        (f"```\n{PLAN} ; (pick-up a)\n```", "action_in_prose", "line 5"),
        (f"{FOUR[0]}\n{FOUR[1]}\nThen pick up c and stack it on b.", "action_in_prose", "line 3"),
        (f"{FOUR[0]}\n{FOUR[1]}\nFinally, I stack c on top of b.", "action_in_prose", "line 3"),
        (f"{FOUR[0]}\n{FOUR[1]} ; then pick up c", "action_in_prose", "line 2"),
        (f"{PLAN}\nAs you see, I pick up c.", "action_in_prose", "line 5"),
        (f"```\n{PLAN}\n```\nIn the end, pick up b.", "action_in_prose", "line 7"),
        ("a" * 5_000_001, "too_long", None),
        (f"Well(pick-up b)\n{PLAN}", "unreadable_action", "line 1"),
        (f"Well(pick-up b)now\n{PLAN}", "action_in_prose", "line 1"),
        (f"[PLAN]\n{PLAN}\n```then (pick-up b)", "action_in_prose", "line 6"),
        ('{"plan": ["(unstack a c)"]}', "action_in_prose", "line 1"),
        ("| 1 | (unstack a c) |", "action_in_prose", "line 1"),
        ("((unstack a c) (put-down a))", "unreadable_action", "line 1"),
        (f"{PLAN}\nor\n{FOUR[2]}", "several_plans", "line 6"),
        (f"{PLAN}\nand again\n{PLAN}", "several_plans", "line 6"),
        (f"```\n{PLAN}\n```\nor\n```\n{FOUR[2]}\n```", "several_plans", "line 9"),
        (f"```\n{PLAN}\n```\nor\n{FOUR[2]}", "several_plans", "line 8"),
        (f"1.\n{FOUR[0]}\n2.\n{FOUR[2]}", "several_plans", "line 4"),
        ("[PLAN]\n(stack a b)\n[PLAN]\n(stack b c)\n[PLAN END]", "several_plans", "line 3"),
        (f"[PLAN]\n{PLAN}\n[PLAN END]\n[STATEMENT]\n...", "abbreviated", "line 8"),
        (f"1. {FOUR[0]}\n3. {FOUR[1]}", "numbering", "line 2"),
        (f"1. {FOUR[0]}\n2. {FOUR[1]}\n3. Then take the red block.", "unreadable_action", "line 3"),
        (f"1. {FOUR[0]}\n2. {FOUR[1]}\nWhich leaves:\n\n3. Repeat this.", "unreadable_action", "line 5"),
        (f"1. Look at the blocks.\n2. {FOUR[0]}\n3. {FOUR[1]}", "unreadable_action", "line 1"),
        (f"{PLAN}\n---\n{FOUR[0]}", "several_plans", "line 6"),
        (f"{PLAN}\n* * *\n{PLAN}", "several_plans", "line 6"),
        (f"```\n{PLAN}\n=====\n{FOUR[0]}\n```", "several_plans", "line 7"),
        (f"{PLAN}\nst\u0430ck \u0441 b", "unreadable_action", "line 5"),
        (f"{PLAN}\np\u0456ck-up \u0430", "unreadable_action", "line 5"),
        (
            f"{PLAN}\n\uff08\uff50\uff49\uff43\uff4b\uff0d\uff55\uff50 \uff41\uff09",
            "unreadable_action",
            "line 5",
        ),
        (f"{PLAN}\npick\u2011up\u200b a", "unreadable_action", "line 5"),
        (f"{PLAN}\nAs you see, p\u0456ck-up \u0441.", "action_in_prose", "line 5"),
        (f"{PLAN}\netc.", "abbreviated", "line 5"),
        (f"{PLAN}\nAnd so on ...", "abbreviated", "line 5"),
        (f"{PLAN}\n[...]", "abbreviated", "line 5"),
        (f"{FOUR[0]}\n;; ... two more\n{FOUR[3]}", "several_plans", "line 3"),
        (f"```\n{FOUR[0]}\n# ...\n{FOUR[3]}\n```", "abbreviated", "line 3"),
        ("unstack: a, c", "unreadable_action", "line 1"),
        (f"0.0: {FOUR[0]}\n1: {FOUR[1]}", "numbering", "line 2"),
        (f"2. {FOUR[1]}\n1. {FOUR[0]}", "numbering", "line 2"),
        (f"1. {FOUR[0]}\n2. {FOUR[1]}\n1. {FOUR[2]}", "numbering", "line 3"),
        ("<think>I do not know how to", "reasoning", "line 1"),
        (f"{PLAN}\n<think>or not</think>\n{PLAN}", "reasoning", "line 5"),
        (f"<think>\n</think>\n</think>\n{PLAN}", "reasoning", "line 3"),
        (f"```pddl {PLAN}\n```", "fence", "line 1"),
    ],
)
def test_what_is_no_single_plan_is_malformed_and_says_where(text: str, code: str, location: str | None) -> None:
    with pytest.raises(Malformed) as caught:
        parse_plan(text, BLOCKS)
    assert (caught.value.code, caught.value.location) == (code, location)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "No plan exists.",
        "no plan exists",
        "**No plan exists.**",
        "```\nNo plan exists.\n```",
        "No solution exists",
        "There is no plan.",
        "There is no valid plan to achieve the goal.",
        "No plan exists that satisfies the specified goal from the initial state.",
        "No valid plan exists to achieve the specified goal.",
        "The problem is unsolvable.",
        "This task has no solution.",
        "Unsolvable",
        "<think>(pick-up a)?</think>\nNo plan exists.",
    ],
)
def test_only_a_whole_answer_that_says_so_claims_that_there_is_no_plan(text: str) -> None:
    assert parse_plan(text, BLOCKS) is NO_SOLUTION


def test_actions_with_misspelt_names_and_wrong_arguments_go_to_the_validator() -> None:
    text = "(unstak a c)\n(stack c)\n(pick-up zz)"
    assert parse_plan(text, BLOCKS) == text


def test_comments_alone_are_the_empty_plan_of_the_strict_format() -> None:
    plan = parse_plan("; there is nothing to do", NOTHING_TO_DO)
    assert plan == ""
    assert PlanValidator().critique(NOTHING_TO_DO, plan).accepts


def test_an_apology_is_no_empty_plan_where_the_goal_holds_already() -> None:
    with pytest.raises(Malformed):
        parse_plan("Sorry, I cannot solve this problem.", NOTHING_TO_DO)


@pytest.mark.parametrize(
    "text",
    [
        "0: (switch a) [2]\n0.5: (switch b) [2]",
        "0: (SWITCH a)[2]\n0.5:(switch b)  [ 2 ]",
        "- 0: (switch a) [2] ; first\n- 0.5: (switch b) [2]",
    ],
)
def test_times_and_durations_stay_with_the_actions_of_a_temporal_plan(text: str) -> None:
    plan = parse_plan(text, TEMPORAL)
    assert plan == "0: (switch a) [2]\n0.5: (switch b) [2]"


@pytest.mark.parametrize(
    "text",
    ["0: (switch a) : [2]", "0: (switch a) - [2]", "0: (switch a)(switch b)", "0: (switch a) takes [2]"],
)
def test_a_time_or_duration_that_cannot_be_read_is_not_left_out(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_plan(text, TEMPORAL)
    assert caught.value.code == "unreadable_action"


def test_without_a_problem_only_parentheses_make_an_action() -> None:
    assert parse_plan("(fly plane-1 x)", None) == "(fly plane-1 x)"
    with pytest.raises(Malformed):
        parse_plan("fly plane-1 x", None)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 200_000,
        ")" * 200_000,
        "(a " * 100_000,
        "a" + "*" * 200_000 + "b",
        "`" * 200_000,
        " " * 200_000 + "x",
        "x" * 200_000,
        "1" * 200_000,
        ">" * 200_000,
        "- " * 100_000,
        "." * 200_000,
        "<think>" * 30_000,
        "[plan end] " * 30_000,
        "stack a " * 30_000,
        "(stack a b)" + "->" * 100_000 + "x",
        "(stack a b)\n" * 30_000 + "?",
        "\u2028" * 100_000,
    ],
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    with suppress(Malformed):
        parse_plan(text, BLOCKS)
