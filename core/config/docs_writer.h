// The manual of main.cf, made from the declarations: a reference page in Markdown and a sample
// main.cf.  Both are checked in below deploy/reference/; a test fails when they are not what this
// writes, so that documents and code agree.
// Pure; the same text on every host.
#pragma once

#include <string>
#include <string_view>

#include "core/config/parameter.h"

namespace postern::config {

// Every parameter by area, with type, default, bounds and text; the <transport>_ forms; what is
// said about Postfix's other parameters.
std::string reference_markdown();

// Every parameter as a comment with its default, so that a line is put in force by taking the #
// away.
std::string sample_main_cf();

// One parameter as the reference page has it: name, facts, text, example.
std::string describe_parameter(const Parameter& parameter);

// `text` broken at blanks so that no line has more than `width` octets (a longer word stands
// alone), each line with `prefix` before it and a line feed behind it.
std::string wrapped(std::string_view text, std::string_view prefix, std::size_t width);

}  // namespace postern::config
