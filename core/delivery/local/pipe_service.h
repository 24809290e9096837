// A pipe(8) service: its attributes from master.cf, and the command line for one delivery.
// Pure.  There is no shell: an element of argv= becomes one argument (or one for each recipient),
// whatever the values hold.  A value that begins with '-' where it would begin an argument is
// refused, so an address is never an option (allow_min_user = no).
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/delivery/local/message_stream.h"
#include "core/mail/attempt.h"

namespace postern::delivery {

struct PipeService {
  std::string name;                           // of the master.cf service
  std::vector<std::string> argv;              // with ${macros}
  std::string user;                           // "name" or "name:group"; engine resolves it
  std::string flags;                          // subset of BDFORXhqu.>
  std::string directory;                      // directory=
  std::string line_end = "\n";                // eol=
  std::string null_sender = "MAILER-DAEMON";  // null_sender=
  std::uint64_t size_limit = 0;               // size=; octets, 0 none

  bool has_flag(char flag) const { return flags.find(flag) != std::string::npos; }
  // The words after "pipe" in master.cf: "flags=DRhu" "user=vmail" "argv=/bin/x" "-f" "${sender}".
  // Everything after argv= belongs to it.  kInvalid with the word at fault.
  static Result<PipeService> parse(std::string name, std::span<const std::string> words);
};

struct PipeDelivery {
  const mail::Attempt& attempt;
  std::span<const std::uint32_t> recipients;  // indexes into the envelope
  std::string recipient_delimiter;            // main.cf recipient_delimiter
  bool allow_min_user = false;                // main.cf allow_min_user
};

// The arguments.  kInvalid: a value would begin an argument with '-', which is the mail's fault;
// kNotFound: an unknown macro, which is the operator's.
Result<std::vector<std::string>> expand_arguments(const PipeService& service,
                                                  const PipeDelivery& delivery);

// "user" and "extension" of a local part; the first of the delimiters that is not its first octet
// splits.  owner-list and list-request are never split, nor is mailer-daemon (as Postfix does).
struct LocalName {
  std::string user;
  std::string extension;
  char delimiter = 0;  // 0 where there is no extension
};
LocalName split_local_part(std::string_view local_part, std::string_view delimiters);

}  // namespace postern::delivery
