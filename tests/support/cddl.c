/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/cddl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

enum { FILE_MAX = 1 << 16 };

static char *read_text(void)
{
    const char *root = getenv("VOUCH_SOURCE_ROOT");
    char path[4096];
    char *text = malloc(FILE_MAX);
    size_t len;
    FILE *file;

    ck_assert_msg(root != NULL, "VOUCH_SOURCE_ROOT is not set");
    ck_assert_ptr_nonnull(text);
    snprintf(path, sizeof path, "%s/proto/vouch.cddl", root);
    file = fopen(path, "re");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    len = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    ck_assert_uint_lt(len, FILE_MAX - 1);
    text[len] = '\0';
    return text;
}

/* Cuts a comment, and the spaces and the comma before it. */
static void strip(char *line)
{
    size_t len = strcspn(line, ";");

    while (len != 0 && strchr(" ,", line[len - 1]) != NULL) {
        len--;
    }
    line[len] = '\0';
}

static void add_rule(struct cddl *cddl, char *line)
{
    char *sign = strstr(line, " = ");
    size_t len = strcspn(line, " ");

    ck_assert_msg(sign != NULL && strspn(&line[len], " ") != 0,
                  "not a rule: %s", line);
    ck_assert_uint_lt(cddl->num_rules, CDDL_RULES_MAX);
    line[len] = '\0';
    cddl->rules[cddl->num_rules++] =
        (struct cddl_rule){.name = line, .text = sign + 3};
}

static void add_key(struct cddl *cddl, char *line)
{
    struct cddl_rule *map = &cddl->rules[cddl->num_rules - 1];
    struct cddl_key key = {.rule = map->name};
    char *end;

    ck_assert_msg(!map->open, "after the last line of %s: %s", map->name, line);
    if (strcmp(line, "* any => any") == 0) {
        map->open = true;
        return;
    }
    key.optional = strncmp(line, "? ", 2) == 0;
    line += key.optional ? 2 : 0;
    key.key = strtoll(line, &end, 10);
    ck_assert_msg(end != line && strncmp(end, ": ", 2) == 0,
                  "not a key of %s: %s", map->name, line);
    key.type = end + 2;
    ck_assert_uint_lt(cddl->num_keys, CDDL_KEYS_MAX);
    cddl->keys[cddl->num_keys++] = key;
}

void cddl_read(struct cddl *out)
{
    bool in_map = false;
    char *rest;

    *out = (struct cddl){.text = read_text()};
    for (char *line = strtok_r(out->text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        strip(line);
        if (line[0] == '\0') {
            continue;
        }
        if (!in_map) {
            add_rule(out, line);
            in_map = strcmp(out->rules[out->num_rules - 1].text, "{") == 0;
        } else if (strcmp(line, "}") == 0) {
            in_map = false;
        } else {
            ck_assert_msg(strncmp(line, "  ", 2) == 0, "in a map: %s", line);
            add_key(out, line + 2);
        }
    }
    ck_assert(!in_map);
}

void cddl_free(struct cddl *cddl)
{
    free(cddl->text);
}

const struct cddl_rule *cddl_rule(const struct cddl *cddl, const char *name)
{
    for (size_t i = 0; i < cddl->num_rules; i++) {
        if (strcmp(cddl->rules[i].name, name) == 0) {
            return &cddl->rules[i];
        }
    }
    ck_abort_msg("no rule %s", name);
    return NULL;
}

const struct cddl_key *cddl_key(const struct cddl *cddl, const char *rule,
                                int64_t key)
{
    for (size_t i = 0; i < cddl->num_keys; i++) {
        if (cddl->keys[i].key == key && strcmp(cddl->keys[i].rule, rule) == 0) {
            return &cddl->keys[i];
        }
    }
    return NULL;
}

size_t cddl_count(const struct cddl *cddl, const char *rule)
{
    size_t num = 0;

    for (size_t i = 0; i < cddl->num_keys; i++) {
        num += strcmp(cddl->keys[i].rule, rule) == 0;
    }
    return num;
}
