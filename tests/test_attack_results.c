#include "tests/support/suite.h"
Suite *test_suite(void)
{
 return suite_create("x");
}
