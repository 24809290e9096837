#include "tests/unit/delivery/dsn/report_reader.h"

#include <sstream>

namespace postern::delivery::testing {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    out.push_back(line);
  }
  return out;
}

Fields fields_of(const std::vector<std::string>& lines, std::size_t& at, std::string& error) {
  Fields out;
  std::string name;
  for (; at < lines.size() && !lines[at].empty(); ++at) {
    if (lines[at][0] == ' ' || lines[at][0] == '\t') {
      const auto start = lines[at].find_first_not_of(" \t");
      if (name.empty() || start == std::string::npos) error = "stray fold: " + lines[at];
      if (!name.empty() && start != std::string::npos) out[name] += " " + lines[at].substr(start);
      continue;
    }
    const auto colon = lines[at].find(':');
    if (colon == std::string::npos || lines[at].find(' ') < colon) {
      error = "no field: " + lines[at];
      continue;
    }
    name = lower(lines[at].substr(0, colon));
    const auto start = lines[at].find_first_not_of(' ', colon + 1);
    const auto value = start == std::string::npos ? "" : lines[at].substr(start);
    if (!out.emplace(name, value).second && name != "received") error = "twice: " + name;
  }
  if (at < lines.size()) ++at;
  return out;
}

void check_octets(const std::string& text, std::string& error) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) error = "bare LF";
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) error = "bare CR";
    if (text[i] == '\0') error = "NUL";
    if (text[i] == '\n') {
      if (i - start > 999) error = "line over 998 octets";
      start = i + 1;
    }
  }
}

std::string parameter(const std::string& value, const std::string& name) {
  const auto at = lower(value).find(name + "=");
  if (at == std::string::npos) return {};
  auto rest = value.substr(at + name.size() + 1);
  if (rest.starts_with('"')) return rest.substr(1, rest.find('"', 1) - 1);
  return rest.substr(0, rest.find_first_of("; \t"));
}

void check_status(Report& report, const ReportPart& part) {
  const auto lines = lines_of(part.body);
  for (std::size_t at = 0; at < lines.size();) {
    auto group = fields_of(lines, at, report.error);
    if (!group.empty()) report.groups.push_back(std::move(group));
  }
  if (report.groups.size() < 2) report.error = "no recipient group";
  for (std::size_t i = 0; i < report.groups.size(); ++i) {
    const auto& group = report.groups[i];
    for (const auto* name : {"final-recipient", "action", "status"})
      if (i > 0 && !group.contains(name)) report.error = std::string("missing ") + name;
    if (i == 0 && !group.contains("reporting-mta")) report.error = "missing reporting-mta";
  }
}

}  // namespace

Report read_report(const std::string& text, bool want_crlf) {
  Report report;
  if (want_crlf) check_octets(text, report.error);
  const auto lines = lines_of(text);
  std::size_t at = 0;
  report.header = fields_of(lines, at, report.error);
  const auto type = report.header["content-type"];
  report.boundary = parameter(type, "boundary");
  if (!lower(type).starts_with("multipart/report") || report.boundary.empty()) {
    report.error = "not multipart/report: " + type;
    return report;
  }
  const auto open = "--" + report.boundary;
  while (at < lines.size() && lines[at] != open)
    ++at;
  bool closed = false;
  while (at < lines.size() && !closed) {
    ++at;
    ReportPart part;
    part.header = fields_of(lines, at, report.error);
    part.type = lower(part.header["content-type"]);
    part.type = part.type.substr(0, part.type.find(';'));
    for (; at < lines.size() && lines[at] != open && lines[at] != open + "--"; ++at)
      part.body += lines[at] + "\r\n";
    closed = at < lines.size() && lines[at] == open + "--";
    if (part.body.ends_with("\r\n")) part.body.resize(part.body.size() - 2);  // of the boundary
    report.parts.push_back(std::move(part));
  }
  if (!closed) report.error = "not closed";
  for (const auto& part : report.parts)
    if (part.type.ends_with("delivery-status")) check_status(report, part);
  return report;
}

}  // namespace postern::delivery::testing
