// The Milter protocol's numbers and letters, by the names that libmilter's mfdef.h and mfapi.h give
// them (the comment beside each).  A packet is a length of 32 bits, a letter and data; the length
// counts letter and data.  Numbers are in network octet order, strings end with NUL.
// These are on the wire; nothing here may be renumbered.
// Thread-safe: constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::milter {

// milter_protocol: 5 was never released.
constexpr std::uint32_t kCurrentVersion = 6;  // SMFI_PROT_VERSION
constexpr std::uint32_t kLowestVersion = 2;
constexpr bool is_known_version(std::uint32_t version) {
  return version == 2 || version == 3 || version == 4 || version == 6;
}

constexpr std::size_t kLengthOctets = 4;              // MILTER_LEN_BYTES
constexpr std::size_t kMaxData64K = 64 * 1024 - 1;    // MILTER_MDS_64K, MILTER_CHUNK_SIZE
constexpr std::size_t kMaxData256K = 256 * 1024 - 1;  // MILTER_MDS_256K
constexpr std::size_t kMaxData1M = 1024 * 1024 - 1;   // MILTER_MDS_1M
constexpr std::size_t kMaxReplyLines = 32;            // MAXREPLIES
constexpr std::size_t kMaxReplyLineOctets = 980;      // MAXREPLYLEN
constexpr std::size_t kMaxMacroNames = 50;            // MAXFILTERMACROS

enum class Command : char {
  kAbort = 'A',              // SMFIC_ABORT
  kBody = 'B',               // SMFIC_BODY
  kConnect = 'C',            // SMFIC_CONNECT
  kMacro = 'D',              // SMFIC_MACRO
  kEndOfBody = 'E',          // SMFIC_BODYEOB
  kHelo = 'H',               // SMFIC_HELO
  kQuitNewConnection = 'K',  // SMFIC_QUIT_NC
  kHeader = 'L',             // SMFIC_HEADER
  kMail = 'M',               // SMFIC_MAIL
  kEndOfHeaders = 'N',       // SMFIC_EOH
  kNegotiate = 'O',          // SMFIC_OPTNEG
  kQuit = 'Q',               // SMFIC_QUIT
  kRcpt = 'R',               // SMFIC_RCPT
  kData = 'T',               // SMFIC_DATA, version 4
  kUnknown = 'U',            // SMFIC_UNKNOWN, version 3
};

enum class ReplyLetter : char {
  kAddRecipient = '+',               // SMFIR_ADDRCPT
  kDeleteRecipient = '-',            // SMFIR_DELRCPT
  kAddRecipientWithArguments = '2',  // SMFIR_ADDRCPT_PAR
  kShutdown = '4',                   // SMFIR_SHUTDOWN
  kAccept = 'a',                     // SMFIR_ACCEPT
  kReplaceBody = 'b',                // SMFIR_REPLBODY
  kContinue = 'c',                   // SMFIR_CONTINUE
  kDiscard = 'd',                    // SMFIR_DISCARD
  kChangeReversePath = 'e',          // SMFIR_CHGFROM
  kConnectionFail = 'f',             // SMFIR_CONN_FAIL
  kAddHeader = 'h',                  // SMFIR_ADDHEADER
  kInsertHeader = 'i',               // SMFIR_INSHEADER
  kSetMacroList = 'l',               // SMFIR_SETSYMLIST
  kChangeHeader = 'm',               // SMFIR_CHGHEADER
  kNegotiate = 'O',                  // SMFIC_OPTNEG, answered by its own letter
  kProgress = 'p',                   // SMFIR_PROGRESS
  kQuarantine = 'q',                 // SMFIR_QUARANTINE
  kReject = 'r',                     // SMFIR_REJECT
  kSkip = 's',                       // SMFIR_SKIP
  kTempfail = 't',                   // SMFIR_TEMPFAIL
  kReplyCode = 'y',                  // SMFIR_REPLYCODE
};

enum class Family : char {
  kUnknown = 'U',  // SMFIA_UNKNOWN
  kUnix = 'L',     // SMFIA_UNIX
  kInet = '4',     // SMFIA_INET
  kInet6 = '6',    // SMFIA_INET6
};

// A set of bits of one 32-bit word.
template <typename Bit>
class Flags {
 public:
  constexpr Flags() = default;
  constexpr Flags(Bit bit) : word_(static_cast<std::uint32_t>(bit)) {}
  static constexpr Flags from_word(std::uint32_t word) {
    Flags out;
    out.word_ = word;
    return out;
  }

  constexpr std::uint32_t word() const { return word_; }
  constexpr bool has(Bit bit) const { return (word_ & static_cast<std::uint32_t>(bit)) != 0; }
  constexpr bool is_empty() const { return word_ == 0; }
  constexpr Flags operator|(Flags other) const { return from_word(word_ | other.word_); }
  constexpr Flags operator&(Flags other) const { return from_word(word_ & other.word_); }
  constexpr Flags without(Flags other) const { return from_word(word_ & ~other.word_); }
  constexpr bool operator==(const Flags&) const = default;

 private:
  std::uint32_t word_ = 0;
};

// What a filter may ask for at the end of the message.
enum class Action : std::uint32_t {
  kAddHeaders = 0x001,                  // SMFIF_ADDHDRS
  kChangeBody = 0x002,                  // SMFIF_CHGBODY
  kAddRecipients = 0x004,               // SMFIF_ADDRCPT
  kDeleteRecipients = 0x008,            // SMFIF_DELRCPT
  kChangeHeaders = 0x010,               // SMFIF_CHGHDRS
  kQuarantine = 0x020,                  // SMFIF_QUARANTINE
  kChangeReversePath = 0x040,           // SMFIF_CHGFROM
  kAddRecipientsWithArguments = 0x080,  // SMFIF_ADDRCPT_PAR
  kSetMacroLists = 0x100,               // SMFIF_SETSYMLIST
};
using Actions = Flags<Action>;
constexpr Actions operator|(Action a, Action b) { return Actions(a) | b; }

// What is sent and what is answered.
enum class Step : std::uint32_t {
  kNoConnect = 0x1,                 // SMFIP_NOCONNECT
  kNoHelo = 0x2,                    // SMFIP_NOHELO
  kNoMail = 0x4,                    // SMFIP_NOMAIL
  kNoRcpt = 0x8,                    // SMFIP_NORCPT
  kNoBody = 0x10,                   // SMFIP_NOBODY
  kNoHeaders = 0x20,                // SMFIP_NOHDRS
  kNoEndOfHeaders = 0x40,           // SMFIP_NOEOH
  kNoReplyHeader = 0x80,            // SMFIP_NR_HDR
  kNoUnknown = 0x100,               // SMFIP_NOUNKNOWN
  kNoData = 0x200,                  // SMFIP_NODATA
  kSkip = 0x400,                    // SMFIP_SKIP
  kRejectedRcpt = 0x800,            // SMFIP_RCPT_REJ
  kNoReplyConnect = 0x1000,         // SMFIP_NR_CONN
  kNoReplyHelo = 0x2000,            // SMFIP_NR_HELO
  kNoReplyMail = 0x4000,            // SMFIP_NR_MAIL
  kNoReplyRcpt = 0x8000,            // SMFIP_NR_RCPT
  kNoReplyData = 0x1'0000,          // SMFIP_NR_DATA
  kNoReplyUnknown = 0x2'0000,       // SMFIP_NR_UNKN
  kNoReplyEndOfHeaders = 0x4'0000,  // SMFIP_NR_EOH
  kNoReplyBody = 0x8'0000,          // SMFIP_NR_BODY
  kLeadingSpace = 0x10'0000,        // SMFIP_HDR_LEADSPC
  kData256K = 0x1000'0000,          // SMFIP_MDS_256K
  kData1M = 0x2000'0000,            // SMFIP_MDS_1M
};
using Steps = Flags<Step>;
constexpr Steps operator|(Step a, Step b) { return Steps(a) | b; }

// A point of the dialogue that may be answered; kNegotiation comes once, before all others.
enum class Stage : std::uint8_t {
  kNegotiation,
  kConnect,
  kHelo,
  kMail,
  kRcpt,
  kData,
  kUnknown,
  kHeader,
  kEndOfHeaders,
  kBody,
  kEndOfMessage,
};
constexpr std::size_t kStages = 11;
// "connect", "end of message" ...
std::string_view to_string(Stage stage);
Command command_of(Stage stage);

// The stages that have a list of macros of their own, as the wire numbers them.
enum class MacroStage : std::uint32_t {
  kConnect = 0,       // SMFIM_CONNECT
  kHelo = 1,          // SMFIM_HELO
  kMail = 2,          // SMFIM_ENVFROM
  kRcpt = 3,          // SMFIM_ENVRCPT
  kData = 4,          // SMFIM_DATA
  kEndOfMessage = 5,  // SMFIM_EOM
  kEndOfHeaders = 6,  // SMFIM_EOH
};
constexpr std::size_t kMacroStages = 7;

}  // namespace postern::milter
