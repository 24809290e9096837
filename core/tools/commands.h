// The commands, one file each in commands/.  registry.cc lists them.
#pragma once

#include "core/tools/command.h"

namespace postern::tools {

int run_list(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_mailq(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_postqueue(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_summary(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_show(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_verb(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_postsuper(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_queue(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_lanes(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_status(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_reload(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_config(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_check(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_map(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_newaliases(const Io& io, std::string_view called_as, const Arguments& arguments);
int run_sendmail(const Io& io, std::string_view called_as, const Arguments& arguments);

}  // namespace postern::tools
