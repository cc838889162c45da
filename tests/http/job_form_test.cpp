#include "http/job_form.hpp"
#include "http/request_refused.hpp"

#include <gtest/gtest.h>

#include <string>

namespace convertd {

namespace {

job_form read(form_fields fields, std::size_t files = 1) {
  fields.emplace("saveToStorage", "true");
  fields.emplace("format", "webp");
  return read_job_form(fields, files, resize_boxes{});
}

failure refusal(form_fields fields, std::size_t files = 1) {
  try {
    read(std::move(fields), files);
    return {};
  } catch (const request_refused& refusal) {
    return refusal.why();
  }
}

} // namespace

TEST(JobForm, HasTheDefaultsOfTheContract) {
  auto form = read({}, 2);
  ASSERT_EQ(form.each.size(), 2U);
  conversion wanted;
  wanted.target = image_format::webp;
  wanted.quality = 82;
  EXPECT_EQ(form.each[0], wanted);
  EXPECT_EQ(form.each[1], wanted);
  EXPECT_TRUE(form.metadata.empty());
}

TEST(JobForm, ReadsQualityAsNumberAndWord) {
  auto quality = [](const char* text) { return read({{"compression", text}}).each[0].quality; };
  EXPECT_EQ(quality("1"), 1);
  EXPECT_EQ(quality("100"), 100);
  EXPECT_EQ(quality("low"), 65);
  EXPECT_EQ(quality("Balanced"), 82);
  EXPECT_EQ(quality("careful"), 92);
  EXPECT_EQ(quality("lossless"), 100);
  for (const char* bad : {"0", "101", "-1", "8.5", "best", "1e1", " 5"})
    EXPECT_EQ(refusal({{"compression", bad}}).code, ec::invalid_setting) << bad;
}

TEST(JobForm, ArraysWinOverScalars) {
  auto form = read({{"format", "png"},
                    {"formats", R"(["jpeg","AVIF"])"},
                    {"compression", "10"},
                    {"compressions", R"([50,"high"])"},
                    {"resizes", R"(["width","original"])"},
                    {"resizeWidths", "[640,null]"},
                    {"autoOrients", R"([false,"true"])"}},
                   2);
  EXPECT_EQ(form.each[0].target, image_format::jpg);
  EXPECT_EQ(form.each[1].target, image_format::avif);
  EXPECT_EQ(form.each[0].quality, 50);
  EXPECT_EQ(form.each[1].quality, 92);
  EXPECT_EQ(form.each[0].resize, resize_mode::width);
  EXPECT_EQ(form.each[0].width, 640U);
  EXPECT_EQ(form.each[1].width, 0U);
  EXPECT_FALSE(form.each[0].auto_orient);
  EXPECT_TRUE(form.each[1].auto_orient);
}

TEST(JobForm, ArraysHaveOneValuePerFile) {
  auto why = refusal({{"formats", R"(["png"])"}}, 2);
  EXPECT_EQ(why.code, ec::array_length);
  EXPECT_EQ(why.field, "formats");
  EXPECT_EQ(refusal({{"formats", "[]"}}).code, ec::array_length);
}

TEST(JobForm, ArraysAreJson) {
  EXPECT_EQ(refusal({{"formats", "png,webp"}}, 2).code, ec::invalid_json);
  EXPECT_EQ(refusal({{"formats", R"({"a":1})"}}).code, ec::invalid_json);
  EXPECT_EQ(refusal({{"formats", "[[1]]"}}).code, ec::invalid_json);
  EXPECT_EQ(refusal({{"compressions", "[1.5]"}}).code, ec::invalid_json);
}

TEST(JobForm, TellsUnsupportedFormatsFromNonsense) {
  for (const char* known : {"mp4", "svg", "zip", "jxl", "psd"}) {
    auto why = refusal({{"format", known}});
    EXPECT_EQ(why.code, ec::unsupported_format) << known;
    EXPECT_NE(why.message.find("webp"), std::string::npos) << known;
  }
  EXPECT_EQ(refusal({{"format", "nonsense"}}).code, ec::invalid_setting);
  form_fields none{{"saveToStorage", "true"}};
  EXPECT_THROW(read_job_form(none, 1, resize_boxes{}), request_refused);
}

TEST(JobForm, ResizeModesNeedTheirNumber) {
  EXPECT_EQ(refusal({{"resize", "width"}}).code, ec::missing_field);
  EXPECT_EQ(refusal({{"resize", "width"}, {"resizeHeight", "5"}}).field, "resizeWidth");
  EXPECT_EQ(refusal({{"resize", "height"}}).field, "resizeHeight");
  EXPECT_EQ(refusal({{"resize", "square"}}).code, ec::missing_field);
  EXPECT_EQ(refusal({{"resize", "width"}, {"resizeWidth", "0"}}).code, ec::invalid_setting);
  EXPECT_EQ(refusal({{"resize", "huge"}}).code, ec::invalid_setting);
}

TEST(JobForm, IgnoresTheNumbersAModeDoesNotUse) {
  auto form = read({{"resize", "height"}, {"resizeWidth", "7"}, {"resizeHeight", "9"}});
  EXPECT_EQ(form.each[0].width, 0U);
  EXPECT_EQ(form.each[0].height, 9U);
  EXPECT_EQ(read({{"resizeWidth", "7"}}).each[0].width, 0U);
}

TEST(JobForm, NamedModesGetTheNumbersOfTheConfiguration) {
  auto form = read({{"resize", "linkedin"}});
  EXPECT_EQ(form.each[0].width, 1200U);
  EXPECT_EQ(form.each[0].height, 627U);
}

TEST(JobForm, RefusesWhatIsNotOfferedYet) {
  EXPECT_EQ(refusal({{"jobType", "what"}}).code, ec::invalid_setting);
  EXPECT_EQ(refusal({{"createArchive", "perhaps"}}).field, "createArchive");
  EXPECT_EQ(refusal({{"callbackSecret", "x"}}).field, "callbackUrl");
  EXPECT_EQ(
    refusal({{"callbackUrl", "https://x"}, {"callbackSecret", std::string(256, 'x')}}).field,
    "callbackSecret");
  EXPECT_EQ(refusal({{"jobType", "convert"}, {"createArchive", "true"}}).code, ec::none);
}

TEST(JobForm, CompressNeedsNoFormatAndIgnoresWhatIsForConverting) {
  form_fields fields{{"saveToStorage", "true"},
                     {"jobType", "compress"},
                     {"resize", "no such mode"},
                     {"stripMetadata", "true"}};
  auto form = read_job_form(fields, 2, resize_boxes{});
  EXPECT_EQ(form.type, job_type::compress);
  conversion wanted{.strip_metadata = true, .op = operation::compress};
  EXPECT_EQ(form.each, (std::vector{wanted, wanted}));
}

conversion compress(form_fields fields) {
  fields.emplace("jobType", "compress");
  return read(std::move(fields)).each[0];
}

TEST(JobForm, CompressTakesQualityUnderEitherName) {
  EXPECT_EQ(compress({}).quality, 82);
  EXPECT_EQ(compress({{"quality", "40"}}).quality, 40);
  EXPECT_EQ(compress({{"compression", "high"}}).quality, 92);
  EXPECT_EQ(compress({{"compressions", "[7]"}, {"quality", "40"}}).quality, 40);
  EXPECT_TRUE(compress({{"lossless", "true"}}).lossless);
  EXPECT_EQ(read({{"quality", "40"}, {"lossless", "maybe"}}).each[0].quality, 82);
}

TEST(JobForm, TargetSizeNeedsItsNumber) {
  auto x = compress({{"mode", "target-size"}, {"targetBytes", "5000000000"}});
  EXPECT_EQ(x.mode, compress_mode::target_size);
  EXPECT_EQ(x.target_bytes, 5'000'000'000U);
  EXPECT_EQ(compress({{"targetBytes", "5"}}).target_bytes, 0U); // mode quality has no use for it
  auto refused = [](form_fields fields) {
    fields.emplace("jobType", "compress");
    return refusal(std::move(fields));
  };
  EXPECT_EQ(refused({{"mode", "target-size"}}).code, ec::missing_field);
  EXPECT_EQ(refused({{"mode", "target-size"}}).field, "targetBytes");
  EXPECT_EQ(refused({{"mode", "smallest"}}).field, "mode");
  for (const char* bad : {"0", "-1", "1k", "99999999999999999999999"})
    EXPECT_EQ(refused({{"mode", "target-size"}, {"targetBytes", bad}}).field, "targetBytes") << bad;
  EXPECT_EQ(refused({{"quality", "0"}}).message,
            "quality must be 1 to 100, low, balanced, high or lossless.");
}

TEST(JobForm, JobsSaveToStorage) {
  EXPECT_EQ(refusal({{"saveToStorage", "false"}}).field, "saveToStorage");
  EXPECT_EQ(refusal({{"saveToStorage", "yes"}}).code, ec::invalid_setting);
}

TEST(JobForm, WantsFiles) {
  EXPECT_EQ(refusal({}, 0).code, ec::missing_field);
  EXPECT_EQ(refusal({{"sourceUrl", "https://x/y.png"}}, 0).code, ec::source_url_not_offered);
  EXPECT_EQ(refusal({{"sourceUrl", "https://x/y.png"}}, 1).code, ec::none);
}

TEST(JobForm, KeepsMetadataCompactly) {
  EXPECT_EQ(read({{"metadata", R"( { "a" : [ 1, 2.50, "x y" ] } )"}}).metadata.front(), '{');
  EXPECT_EQ(read({{"metadata", R"({"a": "b  c"})"}}).metadata, R"({"a":"b  c"})");
  EXPECT_EQ(refusal({{"metadata", "[1]"}}).code, ec::invalid_json);
  EXPECT_EQ(refusal({{"metadata", "{"}}).code, ec::invalid_json);
  auto long_text = R"({"a":")" + std::string(5000, 'x') + R"("})";
  EXPECT_EQ(refusal({{"metadata", long_text}}).code, ec::invalid_setting);
}

TEST(JobForm, ChecksFlagsAndPriority) {
  EXPECT_EQ(refusal({{"priority", "urgent"}}).field, "priority");
  EXPECT_EQ(refusal({{"priority", "low"}}).code, ec::none);
  EXPECT_EQ(refusal({{"autoOrient", "1"}}).code, ec::invalid_setting);
  EXPECT_FALSE(read({{"autoOrient", "false"}}).each[0].auto_orient);
  EXPECT_TRUE(read({{"stripMetadata", "true"}}).each[0].strip_metadata);
  EXPECT_EQ(refusal({{"mono", "true"}}).code, ec::none);
  EXPECT_EQ(refusal({{"unknown", "anything"}}).code, ec::none);
}

} // namespace convertd
