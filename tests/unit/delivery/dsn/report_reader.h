// A small independent reader of multipart/report, for tests: knows nothing of the composer and
// complains about everything RFC 3464 and RFC 2046 forbid.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace postern::delivery::testing {

using Fields = std::map<std::string, std::string>;  // lower-case name, unfolded value

struct ReportPart {
  std::string type;  // lower case, without parameters
  Fields header;
  std::string body;
};

struct Report {
  std::string error;  // "" where the report is well formed
  std::string boundary;
  Fields header;
  std::vector<ReportPart> parts;
  std::vector<Fields> groups;  // of the delivery-status part: message, recipients...
};

// `text`: a message with CRLF or LF line ends; CRLF is wanted of ours and reported if broken.
Report read_report(const std::string& text, bool want_crlf = true);

}  // namespace postern::delivery::testing
