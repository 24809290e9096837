#include "core/spool/message_export.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/spool/memory_spool.h"

namespace postern::spool {
namespace {

class ExportTest : public MemorySpool {
 protected:
  Result<ExportedMessage> rescue_one(QueueId id) {
    auto view = SpoolView::open(*fs_, "/spool");
    if (!view) return std::unexpected(view.error());
    return rescue(*view, *fs_, "/spool", id);
  }
};

TEST_F(ExportTest, WritesContentOctetForOctetAndTheEnvelopeAsJson) {
  start();
  const auto id = put(std::string("Subject: x\r\n\r\n.\r\nbody\0\xff\r\n", 25), 2);
  ASSERT_TRUE(settle(*id, 1, "host said: \xff ok"));
  disk_->make_directory("/out");
  const auto exported = rescue_one(*id);
  ASSERT_TRUE(exported) << exported.error().describe();
  ASSERT_TRUE(export_message(*fs_, *exported, "/out"));
  EXPECT_EQ(*disk_->octets("/out/" + id->to_string() + ".eml"), octets_of(*id));
  const auto json = nlohmann::json::parse(*disk_->octets("/out/" + id->to_string() + ".json"));
  EXPECT_EQ(json["queue_id"], id->to_string());
  EXPECT_EQ(json["reverse_path"], "alice@example.com");
  EXPECT_EQ(json["recipients"][1]["forward_path"], "user1@example.org");
  EXPECT_EQ(json["recipients"][1]["state"], "delivered");
  EXPECT_EQ(json["recipients"][0]["notify"], "FAILURE,DELAY");
  EXPECT_EQ(json["arrival"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(json["live"], true);
  EXPECT_EQ(json["damage"], "");
  // Nothing is ever overwritten.
  EXPECT_EQ(export_message(*fs_, *exported, "/out").error().kind, ErrorKind::kExists);
}

TEST_F(ExportTest, WorksBesideARunningEngineAndWithoutItsLock) {
  start();
  const auto id = put("x\r\n");
  EXPECT_TRUE(rescue_one(*id));
}

TEST_F(ExportTest, RescuesARecordThatWasSetAside) {
  start();
  const auto id = put("precious\r\n");
  ASSERT_TRUE(put("next\r\n"));
  auto disk = disk_->after_kill();
  std::string* segment = disk->octets(segment_path(1));
  (*segment)[segment->find("precious")] = 'P';
  start_on(std::move(disk));
  ASSERT_EQ(recovery_.corrupt_records, 1u);
  const auto rescued = rescue_one(*id);
  ASSERT_TRUE(rescued) << rescued.error().describe();
  EXPECT_FALSE(rescued->is_live);
  EXPECT_NE(rescued->damage, "");
  EXPECT_EQ(*mail::read_all(*rescued->message.content, 1000), "Precious\r\n");
  EXPECT_EQ(rescued->message.envelope, *make_envelope(1));
}

TEST_F(ExportTest, RescuesLargeContentWhoseChecksumDiffers) {
  start();
  const auto id = put(std::string(200'000, 'x'));
  (*disk_->octets("/spool/large/" + id->to_string()))[150'000] = 'y';
  const auto rescued = rescue_one(*id);
  ASSERT_TRUE(rescued);
  EXPECT_TRUE(rescued->is_live);
  EXPECT_NE(rescued->damage, "");
  EXPECT_EQ((*mail::read_all(*rescued->message.content, 1 << 20))[150'000], 'y');
}

TEST_F(ExportTest, WhatWasNeverThereIsNotFound) {
  start();
  EXPECT_EQ(rescue_one(QueueId(1)).error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace postern::spool
