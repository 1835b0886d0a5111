/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_COMMANDS_H
#define VOUCH_TOOLS_COMMANDS_H

#include "tools/vouch/options.h"

enum status init_run(const struct options *options);
enum status bundle_run(const struct options *options);
enum status trust_run(const struct options *options);
enum status serve_run(const struct options *options);
enum status connect_run(const struct options *options);
enum status key_run(const struct options *options);
enum status appraise_run(const struct options *options);
enum status policy_show_run(const struct options *options);
enum status policy_add_measurement_run(const struct options *options);
enum status policy_add_anchor_run(const struct options *options);
enum status policy_set_run(const struct options *options);
enum status policy_sign_run(const struct options *options);
enum status policy_check_run(const struct options *options);

#endif
