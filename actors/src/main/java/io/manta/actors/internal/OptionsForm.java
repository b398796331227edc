package io.manta.actors.internal;

import io.manta.core.ActorOptions;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// The options of actors as bytes. A program creates most of its actors with the same few options,
/// so that those without a name are kept with their bytes.
final class OptionsForm {
  private static final int MOST_KNOWN = 256;

  private final Function<ActorOptions, byte[]> write;
  private final Function<byte[], ActorOptions> read;
  private final ConcurrentHashMap<ActorOptions, byte[]> written = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ByteBuffer, ActorOptions> known = new ConcurrentHashMap<>();

  OptionsForm(Function<ActorOptions, byte[]> write, Function<byte[], ActorOptions> read) {
    this.write = write;
    this.read = read;
  }

  /// @return not to be changed
  byte[] bytes(ActorOptions options) {
    byte[] form = written.get(options);
    if (form == null) {
      form = write.apply(options);
      if (options.name().isEmpty() && written.size() < MOST_KNOWN) {
        written.put(options, form);
      }
    }
    return form;
  }

  ActorOptions options(byte[] form) {
    var key = ByteBuffer.wrap(form);
    ActorOptions options = known.get(key);
    if (options == null) {
      options = read.apply(form);
      if (options.name().isEmpty() && known.size() < MOST_KNOWN) {
        known.put(key, options);
      }
    }
    return options;
  }
}
