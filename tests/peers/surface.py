"""The interface of today's client, held against that of kpclient.thinclient by what Python tells of both: names,
arguments, bases of exceptions, fields of results, values of constants.

Names that begin with an underscore are not looked at, and neither are those of PRIVATE.
"""
import dataclasses
import inspect

import katzenpost_thinclient as theirs
import kpclient.thinclient as ours

from harness import same

# What programs have no use for, as the README of the package says: the client's reader and what it keeps.
PRIVATE = {
    "recv", "worker_loop", "handle_response", "parse_status", "parse_pki_doc", "setup_socket", "server_addr", "socket",
    "ack_queues", "response_queues", "task",
}
MODULES = ("core", "pigeonhole", "transport")
# Those return what may be awaited, and need not be.
AWAITABLE = {"send_message", "send_message_without_reply"}


def public(names):
    return sorted(name for name in names if not name.startswith("_") and name not in PRIVATE)


def pairs():
    """Everything that the client itself has, by its dotted name, and what has that name here."""
    for module in ("", *MODULES):
        there, here = (getattr(side, module) if module else side for side in (theirs, ours))
        for name in public(vars(there)):
            value = getattr(there, name)
            own = getattr(value, "__module__", theirs.__name__)
            if not inspect.ismodule(value) and str(own).startswith(theirs.__name__):
                yield from both(f"{module}.{name}".lstrip("."), value, here, name)


def both(title, value, holder, name):
    same(f"{title} is there", hasattr(holder, name), True)
    counterpart = getattr(holder, name)
    yield title, value, counterpart
    if inspect.isclass(value):
        for member in [*public(vars(value)), "__init__"]:
            yield from both(f"{title}.{member}", getattr(value, member), counterpart, member)


def check_arguments(title, wanted, given):
    """Every call that one takes the other takes too."""
    there, here = (inspect.signature(function).parameters for function in (wanted, given))
    for place, (name, parameter) in enumerate(there.items()):
        same(f"{title} takes {name}", name in here, True)
        counterpart = here[name]
        if parameter.default is not parameter.empty:
            same(f"{title} without {name}", counterpart.default, parameter.default)
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            same(f"{title}, argument {place}", list(here)[place], name)
    for name in set(here) - set(there):
        same(f"{title} without {name}", here[name].default is not inspect.Parameter.empty, True)


async def test_every_name_is_there(simulator):
    titles = [title for title, _, _ in pairs()]
    # Where nothing is found nothing is compared.
    same("many", len(titles) > 200, True)
    same("exported", set(theirs.__all__) - set(ours.__all__), set())


async def test_constants_have_the_same_values(simulator):
    for title, wanted, given in pairs():
        if isinstance(wanted, (int, str)):
            same(title, given, wanted)


async def test_functions_take_the_same_arguments(simulator):
    for title, wanted, given in pairs():
        if inspect.isfunction(wanted) or inspect.ismethod(wanted):
            check_arguments(title, wanted, given)
            if title.split(".")[-1] not in AWAITABLE:
                same(f"{title} is a coroutine", inspect.iscoroutinefunction(given),
                     inspect.iscoroutinefunction(wanted))


async def test_exceptions_have_the_same_bases(simulator):
    kinds = 0
    for title, wanted, given in pairs():
        if inspect.isclass(wanted) and issubclass(wanted, Exception) and "." not in title:
            kinds += 1
            same(title, [kind.__name__ for kind in given.__mro__], [kind.__name__ for kind in wanted.__mro__])
    same("exceptions", kinds, 25)


async def test_results_have_the_same_fields(simulator):
    for title, wanted, given in pairs():
        if dataclasses.is_dataclass(wanted):
            same(title, *([(field.name, repr(field.default)) for field in dataclasses.fields(kind)]
                          for kind in (given, wanted)))


async def test_objects_have_the_same_attributes(simulator):
    made = [(side.Config(simulator.config), side) for side in (theirs, ours)]
    (there, _), (here, _) = made
    for name in public(vars(there)):
        same(f"a configuration has {name}", hasattr(here, name), True)
    there, here = (side.ThinClient(config) for config, side in made)
    for name in public(vars(there)):
        same(f"a client has {name}", hasattr(here, name), True)
    sizes = (side.PigeonholeGeometry(max_plaintext_payload_length=1) for side in (ours, theirs))
    same("sizes", *map(vars, sizes))


async def test_every_number_has_the_same_exception(simulator):
    for code in range(40):
        there, here = (side.error_code_to_exception(code) for side in (theirs, ours))
        same(f"exception of {code}", type(here).__name__, type(there).__name__)
        if there is not None:
            same(f"{code} is expected", ours.is_expected_outcome(here), theirs.is_expected_outcome(there))
        reply = {"error_code": code, "replica_error_code": 3, "failed_envelope_index": 2}
        there, here = (side.copy_reply_to_exception(reply) for side in (theirs, ours))
        same(f"exception of a copy with {code}", (type(here).__name__, vars(here) if here else None),
             (type(there).__name__, vars(there) if there else None))
