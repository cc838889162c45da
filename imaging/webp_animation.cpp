#include "imaging/animation.hpp"
#include "imaging/effort.hpp"
#include "imaging/exif.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/pixels.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

namespace convertd {

namespace {

template <auto Destroy>
struct webp_deleter {
  template <class T>
  void operator()(T* x) const {
    Destroy(x);
  }
};

using decoder = std::unique_ptr<WebPAnimDecoder, webp_deleter<WebPAnimDecoderDelete>>;
using encoder = std::unique_ptr<WebPAnimEncoder, webp_deleter<WebPAnimEncoderDelete>>;

class webp_source final : public animation_source {
public:
  webp_source(bytes_view source, std::uint32_t width, std::uint32_t height)
    : picture_{width, height} {
    WebPAnimDecoderOptions options;
    WebPAnimDecoderOptionsInit(&options);
    WebPData data{reinterpret_cast<const std::uint8_t*>(source.data()), source.size()};
    decoder_.reset(WebPAnimDecoderNew(&data, &options));
    if (!decoder_ || WebPAnimDecoderGetInfo(decoder_.get(), &info_) == 0
        || info_.canvas_width != width || info_.canvas_height != height)
      throw imaging_error(ec::decode_failed, "");
  }

  /// A file that ends early shows what it has.
  std::optional<shown> next() override {
    std::uint8_t* rgba = nullptr;
    int end = 0;
    if (WebPAnimDecoderHasMoreFrames(decoder_.get()) == 0
        || WebPAnimDecoderGetNext(decoder_.get(), &rgba, &end) == 0)
      return std::nullopt;
    std::copy_n(rgba, picture_.samples.size(), picture_.samples.begin());
    auto milliseconds = static_cast<std::uint32_t>(std::max(0, end - end_));
    end_ = end;
    return shown{&picture_, milliseconds};
  }

  std::uint32_t plays() const override {
    return info_.loop_count;
  }

  animation_notes notes() const override {
    return {.icc = chunk("ICCP"),
            .exif = std::string{without_exif_intro(chunk("EXIF"))},
            .xmp = chunk("XMP ")};
  }

private:
  std::string chunk(const char* name) const {
    WebPChunkIterator found;
    std::string bytes;
    if (WebPDemuxGetChunk(WebPAnimDecoderGetDemuxer(decoder_.get()), name, 1, &found) != 0)
      bytes.assign(reinterpret_cast<const char*>(found.chunk.bytes), found.chunk.size);
    WebPDemuxReleaseChunkIterator(&found);
    return bytes;
  }

  decoder decoder_;
  WebPAnimInfo info_{};
  canvas picture_;
  int end_ = 0; ///< Of the frame that is shown, in milliseconds from the start.
};

void require(bool ok) {
  if (!ok)
    throw imaging_error(ec::encode_failed, "");
}

class webp_sink final : public animation_sink {
public:
  webp_sink(const animation_facts& x, std::uint8_t quality) {
    WebPAnimEncoderOptions options;
    require(WebPAnimEncoderOptionsInit(&options) != 0);
    options.anim_params.loop_count = static_cast<int>(std::min(x.plays, 0xFFFFu));
    encoder_.reset(
      WebPAnimEncoderNew(static_cast<int>(x.width), static_cast<int>(x.height), &options));
    require(encoder_ != nullptr && WebPConfigInit(&config_) != 0);
    auto method = static_cast<int>(effort().webp_animation_method);
    config_.method = method;
    config_.quality = quality;
    if (quality == 100)
      require(WebPConfigLosslessPreset(&config_, method) != 0);
  }

  void add(canvas picture, std::uint32_t milliseconds) override {
    WebPPicture frame;
    require(WebPPictureInit(&frame) != 0);
    frame.use_argb = 1;
    frame.width = static_cast<int>(picture.width);
    frame.height = static_cast<int>(picture.height);
    auto ok = WebPPictureImportRGBA(&frame, picture.samples.data(), 4 * frame.width) != 0
              && WebPAnimEncoderAdd(encoder_.get(), &frame, end_, &config_) != 0;
    WebPPictureFree(&frame);
    require(ok);
    end_ += static_cast<int>(std::min(milliseconds, milliseconds_max));
  }

  std::vector<std::byte> finish() override {
    WebPData data;
    WebPDataInit(&data);
    require(WebPAnimEncoderAdd(encoder_.get(), nullptr, end_, nullptr) != 0);
    require(WebPAnimEncoderAssemble(encoder_.get(), &data) != 0);
    auto out = taken(data);
    return notes_.exif.empty() && notes_.xmp.empty() ? out : with_notes(out);
  }

  void keep(animation_notes notes) override {
    notes_ = std::move(notes);
  }

private:
  static std::vector<std::byte> taken(WebPData& data) {
    auto first = reinterpret_cast<const std::byte*>(data.bytes);
    std::vector<std::byte> out(first, first + data.size);
    WebPDataClear(&data);
    return out;
  }

  std::vector<std::byte> with_notes(bytes_view file) const {
    WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
    std::unique_ptr<WebPMux, webp_deleter<WebPMuxDelete>> mux{WebPMuxCreate(&data, 0)};
    require(mux != nullptr);
    for (auto [name, bytes] : {std::pair{"EXIF", &notes_.exif}, {"XMP ", &notes_.xmp}}) {
      WebPData chunk{reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()};
      require(bytes->empty() || WebPMuxSetChunk(mux.get(), name, &chunk, 0) == WEBP_MUX_OK);
    }
    WebPData whole;
    WebPDataInit(&whole);
    require(WebPMuxAssemble(mux.get(), &whole) == WEBP_MUX_OK);
    return taken(whole);
  }

  /// Ten minutes; 24 bits is what the format holds, and all frames must fit into an int.
  static constexpr std::uint32_t milliseconds_max = 600'000;

  encoder encoder_;
  WebPConfig config_{};
  animation_notes notes_;
  int end_ = 0;
};

} // namespace

std::unique_ptr<animation_source> open_webp(bytes_view source, std::uint32_t width,
                                            std::uint32_t height) {
  return std::make_unique<webp_source>(source, width, height);
}

std::unique_ptr<animation_sink> new_webp(const animation_facts& x, std::uint8_t quality) {
  return std::make_unique<webp_sink>(x, quality);
}

} // namespace convertd
