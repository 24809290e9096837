// Which command a name means, and what the shell is told of an error.

#include "core/tools/commands.h"

namespace postern::tools {
namespace {

constexpr Command kCommands[] = {
    {"list", "", "the queue, as mailq shows it; --json; by sender, recipient, destination",
     run_list},
    {"summary", "", "queued messages by domain and age", run_summary},
    {"show", "postcat", "one message: envelope, headers, body", run_show},
    {"hold", "", "no deliveries of these messages until release", run_verb},
    {"release", "", "held messages go on", run_verb},
    {"requeue", "", "start afresh with these messages", run_verb},
    {"delete", "", "remove messages without a report", run_verb},
    {"expire", "", "return messages to their senders now", run_verb},
    {"flush", "", "try to deliver now", run_verb},
    {"queue", "", "export messages, list damage; works on a damaged spool", run_queue},
    {"lanes", "", "destinations: what runs, what waits, what is dead", run_lanes},
    {"status", "", "what the engine says of itself", run_status},
    {"reload", "", "have the engine read its configuration again", run_reload},
    {"config", "postconf", "parameters and services; --reference, --sample", run_config},
    {"check", "", "look for mistakes in a site, deeply; --json", run_check},
    {"map", "postmap postalias", "build, query, change and list tables", run_map},
    {"sendmail", "", "submit a message; sendmail's options", run_sendmail},
    {"postqueue", "postqueue", "Postfix's postqueue", run_postqueue},
    {"postsuper", "postsuper", "Postfix's postsuper", run_postsuper},
    {"mailq", "mailq", "list the queue", run_mailq},
    {"newaliases", "newaliases", "build the alias tables", run_newaliases},
};

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t blank = words.find(' ');
    if (words.substr(0, blank) == word) return true;
    words.remove_prefix(blank == words.npos ? words.size() : blank + 1);
  }
  return false;
}

int help(const Io& io, std::FILE* to) {
  const Io there{io.in, to, io.err};
  print(there, "usage: postern COMMAND [options]\n\n");
  for (const Command& each : kCommands) {
    std::string also;
    if (!each.aliases.empty() && each.aliases != each.name)
      also = fmt::format(" (also {})", each.aliases);
    print(there, "  {:<11}{}{}\n", each.name, each.help, also);
  }
  print(there, "\nThe configuration is looked for in -c DIR, else $MAIL_CONFIG, else {}.\n",
        "/etc/postfix");
  return to == io.err ? EX_USAGE : EX_OK;
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  for (const Command& each : kCommands)
    if (each.name == name || has_word(each.aliases, name)) return &each;
  return nullptr;
}

int run(const Io& io, const std::vector<std::string>& argv) {
  const std::string_view program = argv.empty() ? "postern" : file_name(argv[0]);
  if (program != "postern")
    if (const Command* command = find_command(program))
      return command->run(io, program, {argv.begin() + 1, argv.end()});
  if (argv.size() < 2) return help(io, io.err);
  if (argv[1] == "--help" || argv[1] == "-h" || argv[1] == "help") return help(io, io.out);
  const Command* command = find_command(argv[1]);
  if (command == nullptr) {
    fmt::print(io.err, "postern: no command {:?}; postern help lists them\n", argv[1]);
    return EX_USAGE;
  }
  return command->run(io, argv[1], {argv.begin() + 2, argv.end()});
}

int exit_status(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid: return EX_DATAERR;
    case ErrorKind::kNotFound: return EX_NOINPUT;
    case ErrorKind::kExists: return EX_CANTCREAT;
    case ErrorKind::kIo: return EX_IOERR;
    case ErrorKind::kPermission: return EX_NOPERM;
    case ErrorKind::kCorrupt: return EX_DATAERR;
    case ErrorKind::kClosed:
    case ErrorKind::kUnavailable: return EX_UNAVAILABLE;
    case ErrorKind::kNoSpace:
    case ErrorKind::kTimeout:
    case ErrorKind::kLimit: return EX_TEMPFAIL;
  }
  return EX_SOFTWARE;
}

int fail_with(const Io& io, std::string_view called_as, const Error& error) {
  fmt::print(io.err, "{}: fatal: {}\n", called_as, error.describe());
  return exit_status(error);
}

int usage(const Io& io, std::string_view called_as, std::string_view text) {
  fmt::print(io.err, "usage: {} {}\n", called_as, text);
  return EX_USAGE;
}

}  // namespace postern::tools
