// Mail data: the verdict and the octets must not depend on how the network cut them; what is clean
// is canonical; what the writer sends, a reader takes back as the same message; BDAT chunks add up.
#include "core/smtp/data_reader.h"

#include "core/smtp/data_writer.h"
#include "tests/fuzz/fuzz.h"

namespace postern::fuzz {
namespace {

struct Taken {
  bool is_ended = false;
  std::string content;
  std::size_t left = 0;
  smtp::DataVerdict verdict{};
  std::uint64_t octets = 0;
  bool has_8bit = false;

  bool operator==(const Taken&) const = default;
};

// How far a message that is refused was looked at before the fault was met is of no account.
Taken judged(Taken taken) {
  if (taken.verdict != smtp::DataVerdict::kClean) {
    taken.content.clear();
    taken.octets = 0;
    taken.has_8bit = false;
  }
  return taken;
}

Taken read_data(const std::vector<std::string_view>& pieces,
                const smtp::DataReaderOptions& options) {
  Taken out;
  smtp::DataReader reader(options);
  smtp::StringSink sink(out.content);
  for (std::string_view piece : pieces) {
    if (!out.is_ended) out.is_ended = reader.feed(piece, sink);
    out.left += piece.size();
  }
  out.verdict = reader.verdict();
  out.octets = reader.octets();
  out.has_8bit = reader.has_8bit();
  return judged(std::move(out));
}

// `text` as BDAT chunks of the sizes that `seed` decides.
Taken read_chunks(std::string_view text, std::uint64_t seed,
                  const smtp::DataReaderOptions& options) {
  Taken out;
  smtp::BdatReader reader(options);
  smtp::StringSink sink(out.content);
  const std::vector<std::string_view> chunks =
      seed == 0 ? std::vector<std::string_view>{text} : cut(text, seed);
  for (std::string_view chunk : chunks) {
    reader.begin_chunk(chunk.size(), false);
    POSTERN_INVARIANT(reader.feed(chunk, sink));
    POSTERN_INVARIANT(chunk.empty());
  }
  std::string_view nothing;
  reader.begin_chunk(0, true);
  POSTERN_INVARIANT(reader.feed(nothing, sink));
  out.verdict = reader.verdict();
  out.octets = reader.octets();
  out.has_8bit = reader.has_8bit();
  return judged(std::move(out));
}

bool is_canonical(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
  }
  return text.empty() || text.ends_with("\r\n");
}

void check_data(std::string_view wire, std::uint8_t bits, const smtp::DataReaderOptions& options) {
  const Taken whole = read_data({wire}, options);
  POSTERN_INVARIANT(whole == read_data(cut(wire, bits + 1u), options));
  const std::string_view used = wire.substr(0, wire.size() - whole.left);
  POSTERN_INVARIANT(whole.is_ended == (used.ends_with("\r\n.\r\n") || used == ".\r\n"));
  if (!whole.is_ended || whole.verdict != smtp::DataVerdict::kClean) return;
  POSTERN_INVARIANT(is_canonical(whole.content));
  POSTERN_INVARIANT(whole.content.size() == whole.octets);
  std::string sent;
  smtp::DataWriter writer({.line_length_limit = 0, .stuff_dots = true});
  for (const std::string_view piece : cut(whole.content, bits + 2u))
    writer.append(piece, sent);
  writer.finish(sent);
  const Taken back = read_data({sent}, {.max_octets = 0});
  POSTERN_INVARIANT(back.is_ended && back.left == 0);
  POSTERN_INVARIANT(back.verdict == smtp::DataVerdict::kClean);
  POSTERN_INVARIANT(back.content == whole.content);
}

// Whatever the content, the writer's wire form ends the mail data once, at its end.
void check_writer(std::string_view content, std::uint8_t bits) {
  std::string sent;
  smtp::DataWriter writer({.line_length_limit = (bits & 1) != 0 ? 998u : 40u, .stuff_dots = true});
  writer.append(content, sent);
  writer.finish(sent);
  const Taken back = read_data({sent}, {.max_octets = 0});
  POSTERN_INVARIANT(back.is_ended && back.left == 0);
  POSTERN_INVARIANT(back.verdict == smtp::DataVerdict::kClean);
}

}  // namespace
}  // namespace postern::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  fuzz::Input input(data, size);
  const std::uint8_t bits = input.octet();
  smtp::DataReaderOptions options;
  if ((bits & 1) != 0) options.bare_lf = smtp::LineEndPolicy::kNormalize;
  if ((bits & 2) != 0) options.bare_cr = smtp::LineEndPolicy::kNormalize;
  options.reject_nul = (bits & 4) != 0;
  options.max_octets = (bits & 8) != 0 ? 200 : 0;
  options.max_line_octets = (bits & 16) != 0 ? 60 : 0;
  fuzz::check_data(input.rest(), bits, options);
  POSTERN_INVARIANT(fuzz::read_chunks(input.rest(), 0, options) ==
                    fuzz::read_chunks(input.rest(), bits + 1u, options));
  fuzz::check_writer(input.rest(), bits);
  return 0;
}
