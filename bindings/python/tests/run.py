"""Runs every test of this folder and prints how many passed, as `make check` counts.

Each test ends with no object of the library left over.
"""

import pathlib
import sys
import unittest

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here))
names = sys.argv[1:]
loader = unittest.TestLoader()
if names:
    loader.testNamePatterns = [f"*{name}*" for name in names]
suite = loader.discover(str(here), pattern="test_*.py")
result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
failed = len(result.failures) + len(result.errors)
passed = result.testsRun - failed - len(result.skipped)
print(f"Python tests: {passed} passed, {failed} failed, {len(result.skipped)} skipped")
sys.exit(failed != 0 or passed == 0)
