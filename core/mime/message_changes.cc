#include "core/mime/message_changes.h"

namespace postern::mime {
namespace {

class Applier {
 public:
  Applier(HeaderList& header, Numbering numbering) : header_(header), numbering_(numbering) {}

  void operator()(const mail::AddHeader& add) {
    header_.insert_exact(header_.size(), add.name, add.value);
  }
  void operator()(const mail::InsertHeader& insert) {
    header_.insert_exact(insert.index, insert.name, insert.value);
  }
  void operator()(const mail::ChangeHeader& change) {
    if (!header_.replace_exact(change.name, change.nth, change.value))
      header_.insert_exact(header_.size(), change.name, change.value);
  }
  void operator()(const mail::DeleteHeader& remove) {
    if (numbering_ == Numbering::kPostfix)
      header_.remove_shown(remove.name, remove.nth);
    else
      header_.blank_shown(remove.name, remove.nth);
  }
  void operator()(const mail::ReplaceBody& replace) { body_ = replace.octets; }
  void operator()(const mail::ChangeReversePath&) {}
  void operator()(const mail::AddRecipient&) {}
  void operator()(const mail::DeleteRecipient&) {}
  void operator()(const mail::Quarantine&) {}

  std::optional<std::string> take_body() { return std::move(body_); }

 private:
  HeaderList& header_;
  Numbering numbering_;
  std::optional<std::string> body_;
};

}  // namespace

std::optional<std::string> apply(const mail::Modifications& modifications, HeaderList& header,
                                 Numbering numbering) {
  Applier applier(header, numbering);
  for (const mail::Modification& modification : modifications)
    std::visit(applier, modification);
  header.drop_blanks();
  return applier.take_body();
}

}  // namespace postern::mime
