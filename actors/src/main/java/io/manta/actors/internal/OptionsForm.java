package io.manta.actors.internal;

import io.manta.core.ActorOptions;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// The options of actors as bytes. A program creates most of its actors with the same few options,
/// so that those without a name are kept with their bytes.
final class OptionsForm {
  private static final int MOST_KNOWN = 256;
  private static final int MOST_BYTES = 1024;

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
      if (isCommon(options, form)) {
        keep(written, options, form);
      }
    }
    return form;
  }

  ActorOptions options(byte[] form) {
    var key = ByteBuffer.wrap(form);
    ActorOptions options = known.get(key);
    if (options == null) {
      options = read.apply(form);
      if (isCommon(options, form)) {
        keep(known, key, options);
      }
    }
    return options;
  }

  private static boolean isCommon(ActorOptions options, byte[] form) {
    return options.name().isEmpty() && form.length <= MOST_BYTES;
  }

  private static <K, V> void keep(Map<K, V> map, K key, V value) {
    if (map.size() >= MOST_KNOWN) {
      map.clear();
    }
    map.put(key, value);
  }
}
