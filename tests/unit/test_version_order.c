/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <shim/disk/version_order.h>

static int sign(int number) { return (number > 0) - (number < 0); }

static int compare(const char *one, const char *other)
{
	return sign(version_compare(span(one, strlen(one)), span(other, strlen(other))));
}

/* The examples of UAPI.10, each older than the next one; and kernels as they are called. */
static void ascending(void **state)
{
	static const char *const versions[] = {
		"~1", "", "ab", "abb", "abc", "0001", "002", "12", "122", "122.9", "123~rc1-1", "123", "123-a", "123-a.1", "123-3",
		"123-3.1", "123^patch1", "123^1", "123.a-1", "123.1-1", "123a-1", "124-1",
	};
	static const char *const kernels[] = {
		"5.10.0-9-amd64", "5.10.0-28-amd64", "6.1.0-9-amd64", "6.1.0-10-amd64", "6.12~rc1", "6.12", "6.12.1",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		for (unsigned j = 0; j < sizeof(versions) / sizeof(versions[0]); j++)
			if (compare(versions[i], versions[j]) != sign((int)i - (int)j))
				fail_msg("%s and %s", versions[i], versions[j]);
	}
	for (unsigned i = 0; i < 7; i++)
		for (unsigned j = 0; j < 7; j++)
			assert_int_equal(compare(kernels[i], kernels[j]), sign((int)i - (int)j));
}

static void same(void **state)
{
	(void)state;
	assert_int_equal(compare("1_1", "1+1"), 0);
	assert_int_equal(compare("_1", "1"), 0);
	assert_int_equal(compare("1.0007", "1.7"), 0);
	assert_int_equal(compare("1.0", "1.00"), 0);
	assert_int_equal(compare("1_", "1"), 0);
	assert_int_equal(compare("Z@", "Z"), 0);
	assert_int_equal(compare("1~~^a", "1~~^a"), 0);
	assert_int_equal(compare("1-", "1-~"), 1);
	assert_int_equal(compare("1-a", "1-~"), 1);
	assert_int_equal(compare("1-", "1-a"), -1);
	assert_int_equal(compare("1-.", "1-."), 0);
	assert_int_equal(compare("a{", "a["), 0);
	assert_int_equal(compare("`", "@"), 0);
}

int main(void)
{
	return RUN_TESTS("version_order", ascending, same);
}
