"""The gateway tried from outside, by somebody who does not know how it is made.

    python3 trial.py PATH-TO-RAZAO [unittest's arguments]

Callers that send what no client should (callers.py), providers that answer what no provider should
(providers.py, upstream.py), answers that are well (surfaces.py), and stops (stops.py). After each
test the gateway must be alive, the ledger whole, nothing held, and the budgets must say what the
log says; at the end no answer and no log may hold a key or a prompt (trying.py).

What users of other gateways complain of, and the tests that fail if it is so with this one. Those
of these files have their class before them, those of crash.py, keys.py, events.py and sdk.py their
file; all others are Swift tests, by name or suite.

  usage of a stream is lost, or zero
      `are charged as the index of them expects`, `are the same wherever they are cut`, `of a stream
      may stand in any chunk, and the last one told counts`; sdk TheLedgerAtTheEnd
  usage in a chunk that has choices too is dropped, and with it what was cached
      Upstreams test_usage_in_the_chunk_with_the_last_word
  usage is told and the stream breaks before its mark of the end
      Upstreams test_usage_that_came_before_the_break_counts; `that breaks off behind its last word
      has ended well`
  no cost is told in a stream
      Answers test_stream_says_what_it_cost; `ends with the cost in its usage, where the caller sees
      one`
  usage has to be asked for by the caller
      Answers test_usage_is_always_asked_for; `hides the usage that the caller did not ask for, …`
  a caller who goes away is charged nothing, or all that was set aside
      sdk Ends; Callers test_who_hangs_up, test_half_closed, test_who_never_reads; `whose caller
      goes away is still recorded`
  a provider bills to the end of an answer that nobody reads any more
      sdk test_caller_leaves_a_stream: it is read to its end, and charged as billed
  a call has no row, or two; the sums differ from the provider's
      sdk TheLedgerAtTheEnd; crash; keys
  a retry, a second look at an answer, a list or a count is billed
      keys; sdk Keys; Surfaces test_what_costs_nothing_leaves_no_trace
  priced as another model than the one that answered
      `charge each model of an answer that bills two`, `answered under a name without a price is
      charged as what was asked for`
  cached tokens are counted twice, or at the full price
      Answers test_cached_tokens_are_counted_once; the recordings; `in OpenAI's shape is told class
      by class or missing`, `in other shapes is told class by class or missing`
  calls at the same time pass a budget
      `in great number never spends above the limit`, `loses and doubles nothing under many callers,
      and no limit is passed`, `asked for at once never pass a limit, and use all of it`
  a hold that does not fit is shrunk and the call admitted
      `is all that a call can cost, or what its client has room for`, `is told to the provider where
      it is less than was asked for`, `is refused in words when a budget has no room, and leaves no
      trace`
  a hold is below the price that applies: a long context, a tier
      `holds at the dearest price that may apply`
  a hold that nobody ends: calls are refused for nothing
      the end of every test here; crash; `is recorded as abandoned, once, its usage unknown`
  a failed call is charged, or counted twice
      Upstreams: every failure, budgets compared; `that fails is recorded, costs nothing and gives
      its hold back`
  a path that no budget covers
      Surfaces test_every_surface_is_held, test_every_surface_is_metered
  a budget does not renew, renews late by the zone's offset or on the wrong day
      Periods test_a_day_ends_where_the_client_is; `renew where their period ends`, `renew with the
      client's day, Monday and first of the month`
  a call at the turn of a day counts in the wrong one, or in both
      `counts in the period that it ended in`
  a zone doubles or drops a day
      `cut time into days without gap or overlap`, `cuts time in both directions of a change of
      zone`
  a changed budget forgets its use
      Periods test_a_changed_budget_keeps_its_use
  a model without a price costs zero, and no budget stops it
      Surfaces test_unpriced; `refuses a model without a price only where money stops the client`
  missing usage is guessed, or zero
      sdk test_usage_that_is_not_told_is_missing; Upstreams test_usage_that_cannot_be
  a replay or a price change inflates what was, or needs all of the log
      `of days, hours and calls equals pricing every call alone`; PriceTimelineTests
  usage is lost when the gateway stops, or is killed
      Stops; crash; keys
  two sources of truth drift apart
      the end of every test here: budgets against the log, "razao verify"; `do what a simple model
      does`, `agree with a model whatever happens to them`
"""

import sys
import time
import unittest

import callers
import providers
import stops
import surfaces
import trying


def load_tests(loader, *_):
    """In this order; the ends of the gateway at the end."""
    cases = callers.CASES + providers.CASES + surfaces.CASES + stops.CASES
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, cases))


if __name__ == "__main__":
    razao = sys.argv.pop(1)
    began = time.monotonic()
    with trying.World(razao) as trying.world:
        ran = unittest.main(argv=sys.argv, exit=False)
    print(f"trial: {time.monotonic() - began:.0f} s", file=sys.stderr)
    sys.exit(not ran.result.wasSuccessful())
