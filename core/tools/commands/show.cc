// postern show, postcat: one message, in postcat's form: envelope, message headers, body.

#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/queue_source.h"
#include "core/tools/queue_text.h"

namespace postern::tools {
namespace {

struct Parts {
  bool envelope = false, headers = false, body = false;
  bool is_json = false;
};

// Mail data with Unix line ends, as postcat prints it, cut into header section and body.
class MessagePrinter {
 public:
  MessagePrinter(const Io& io, const Parts& parts) : io_(io), parts_(parts) {}

  bool put(std::string_view piece) {
    std::string out;
    for (const char c : piece) {
      // CRLF becomes LF; a CR that stands alone stays.
      if (has_cr_ && c != '\n') add('\r', out);
      has_cr_ = c == '\r';
      if (!has_cr_) add(c, out);
    }
    std::fwrite(out.data(), 1, out.size(), io_.out);
    return std::ferror(io_.out) == 0;
  }
  void end() {
    if (std::exchange(has_cr_, false)) std::fputc('\r', io_.out);
  }

 private:
  void add(char c, std::string& out) {
    // postcat prints the empty line between the two with the body alone.
    if (!in_body_ && c == '\n' && at_line_start_) in_body_ = true;
    at_line_start_ = c == '\n';
    if (in_body_ ? parts_.body : parts_.headers) out.push_back(c);
  }

  const Io& io_;
  const Parts& parts_;
  bool in_body_ = false, at_line_start_ = true, has_cr_ = false;
};

int show(const Io& io, std::string_view called_as, QueueSource& source, const std::string& id,
         const Parts& parts) {
  QueuedMessage message;
  mail::Envelope envelope;
  MessagePrinter printer(io, parts);
  // The envelope is complete when the first piece of content comes.
  bool is_begun = false;
  const bool with_marks = parts.envelope && !parts.is_json;
  const auto begin = [&] {
    if (std::exchange(is_begun, true)) return;
    if (parts.is_json) {
      print(io, "{}", envelope_json(message, envelope));
    } else if (parts.envelope) {
      print(io, "*** ENVELOPE RECORDS {} ***\n{}", id, envelope_text(message, envelope));
    }
    if (with_marks) print(io, "*** MESSAGE CONTENTS {} ***\n", id);
  };
  std::function<bool(std::string_view)> content;
  if (parts.headers || parts.body)
    content = [&](std::string_view piece) {
      begin();
      return printer.put(piece);
    };
  if (const auto shown = source.show(id, message, envelope, content); !shown)
    return fail_with(io, called_as, shown.error());
  begin();
  printer.end();
  if (with_marks) print(io, "*** HEADER EXTRACTED {} ***\n*** MESSAGE FILE END {} ***\n", id, id);
  return EX_OK;
}

}  // namespace

int run_show(const Io& io, std::string_view called_as, const Arguments& arguments) {
  constexpr std::string_view kUsage = "[-behqv] [--json] [-c config_dir] queue_id ...";
  std::optional<std::string> directory;
  Parts parts;
  Options options(arguments, "bc:dehoqrsv");
  for (int option; (option = options.next()) != Options::kEnd;) {
    switch (option) {
      case 'c': directory = options.value(); break;
      case 'b': parts.body = true; break;
      case 'e': parts.envelope = true; break;
      case 'h': parts.headers = true; break;
      // Names are queue ids always; there are no offsets and record types to show.
      case 'd':
      case 'o':
      case 'q':
      case 'r':
      case 's':
      case 'v': break;
      default:
        if (option != Options::kLong || options.long_name() != "json")
          return usage(io, called_as, kUsage);
        parts.is_json = true;
    }
  }
  if (options.rest().empty()) return usage(io, called_as, kUsage);
  if (!parts.body && !parts.envelope && !parts.headers && !parts.is_json)
    parts.body = parts.envelope = parts.headers = true;
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  auto source = QueueSource::open(*site, nullptr);
  if (!source) return fail_with(io, called_as, source.error());
  for (const std::string& id : options.rest())
    if (const int status = show(io, called_as, *source, id, parts); status != EX_OK) return status;
  return EX_OK;
}

}  // namespace postern::tools
