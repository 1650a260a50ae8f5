"""Runs the tests of a file: coroutines `test_...(simulator, ...)`, each with a time limit, and counts them."""
import asyncio
import logging
import sys
import traceback

# Many times what any of them takes; what hangs is a failure, not the end of `make check`.
LIMIT_S = 30


def same(what, seen, wanted):
    if seen != wanted:
        raise AssertionError(f"{what}: {seen!r}, not {wanted!r}")


async def raises(wanted, coroutine):
    """What the coroutine raised, which must be of exactly this class, or any for `Exception`."""
    try:
        value = await coroutine
    except wanted as error:
        if wanted is not Exception:
            same("exception", type(error).__name__, wanted.__name__)
        return error
    raise AssertionError(f"{wanted.__name__} wanted, got {value!r}")


async def until(what, holds):
    """Waits for something that nobody tells; the limit of the test ends it."""
    while not holds():
        await asyncio.sleep(0.005)


def run(title, module, simulator, *more):
    # The clients log every frame; only what a test says is of interest here.
    logging.disable(logging.CRITICAL)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    failed = 0
    for test in tests:
        try:
            asyncio.run(asyncio.wait_for(test(simulator, *more), LIMIT_S))
            print(f"test {test.__name__[5:]} ... ok")
        except (Exception, SystemExit):
            failed += 1
            print(f"test {test.__name__[5:]} ... FAILED")
            traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
    print(f"{title}: {len(tests) - failed} passed, {failed} failed, 0 skipped")
    return failed
