package io.manta.actors.internal.durable;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Messages of stores as bytes: a number for the kind, then CBOR of the record, where unknown
/// fields are skipped, so that patch versions mix. Kinds keep their numbers for ever.
public final class StoreWire {
  /// Numbers on the wire: add at the end only.
  private static final List<Class<? extends StoreMessage>> KINDS =
      List.of(
          StoreMessage.Status.class,
          StoreMessage.Pull.class,
          StoreMessage.Digest.class,
          StoreMessage.Fetch.class,
          StoreMessage.Fetched.class,
          StoreMessage.Admit.class,
          StoreMessage.Admitted.class,
          StoreMessage.Prepare.class,
          StoreMessage.Promised.class,
          StoreMessage.Refused.class,
          StoreMessage.Write.class,
          StoreMessage.Written.class,
          StoreMessage.Wanting.class);

  private static final ObjectMapper CBOR =
      CBORMapper.builder()
          .addModule(new Jdk8Module())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private StoreWire() {}

  public static byte[] encode(StoreMessage message) {
    int kind = KINDS.indexOf(message.getClass());
    if (kind < 0) {
      throw new IllegalArgumentException("no wire form of " + message.getClass());
    }
    try {
      byte[] body = CBOR.writeValueAsBytes(message);
      return ByteBuffer.allocate(1 + body.length).put((byte) kind).put(body).array();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static StoreMessage decode(byte[] bytes) {
    int kind = bytes.length == 0 ? -1 : bytes[0];
    if (kind < 0 || kind >= KINDS.size()) {
      throw new IllegalArgumentException(
          "a message of stores of kind " + kind + ", which is not known here");
    }
    try {
      return CBOR.readValue(bytes, 1, bytes.length - 1, KINDS.get(kind));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
