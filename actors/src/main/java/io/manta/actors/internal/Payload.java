package io.manta.actors.internal;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.objects.StoredValue;
import io.manta.objects.ValueCodec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// An encoded value or closure on its way or at rest, with the refs in it: what these refer to is
/// kept until it is closed or becomes unreachable.
final class Payload {
  private static final int ID_BYTES = 16;

  private final byte[] bytes;
  private final List<ObjectId> ids;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile List<ObjectState> held;

  private Payload(byte[] bytes, List<ObjectId> ids, List<ObjectState> held) {
    this.bytes = bytes;
    this.ids = ids;
    this.held = held;
  }

  /// With no refs in it.
  static Payload of(byte[] bytes) {
    return new Payload(bytes, List.of(), List.of());
  }

  /// A value or closure for other processes.
  ///
  /// @throws io.manta.core.SerializationException naming the path to what can't be encoded
  static Payload encode(@Nullable Object value, ValueCodec codec) {
    var refs = new ArrayList<Object>(0);
    byte[] bytes = codec.encode(value, refs);
    return withRefs(bytes, refs);
  }

  /// A stored value for other processes.
  ///
  /// @throws io.manta.core.SerializationException naming the path to what can't be encoded
  static Payload of(StoredValue stored, ValueCodec codec) {
    return switch (stored) {
      case StoredValue.Shared shared -> encode(shared.value(), codec);
      case StoredValue.Encoded encoded -> (Payload) encoded.held();
    };
  }

  private static Payload withRefs(byte[] bytes, List<?> refs) {
    if (refs.isEmpty()) {
      return of(bytes);
    }
    List<ObjectState> states = refs.stream().map(ref -> ((Ref<?>) ref).state()).toList();
    states.forEach(ObjectState::retain);
    return new Payload(bytes, states.stream().map(ObjectState::id).toList(), states);
  }

  byte[] bytes() {
    return bytes;
  }

  /// What the refs in it refer to.
  List<ObjectId> ids() {
    return ids;
  }

  /// It came from another process: what its refs refer to here, each retained for it.
  void arrived(List<ObjectState> states) {
    held = states;
  }

  List<ObjectState> held() {
    return held;
  }

  /// Nobody is to decode it any more.
  void close(Objects objects) {
    if (!held.isEmpty() && closed.compareAndSet(false, true)) {
      held.forEach(objects::release);
      held = List.of();
    }
  }

  /// To be decoded by each reader.
  StoredValue toValue() {
    return new StoredValue.Encoded(bytes, this);
  }

  int wireSize() {
    return 8 + bytes.length + ids.size() * ID_BYTES;
  }

  void put(ByteBuffer out) {
    out.putInt(bytes.length).put(bytes).putInt(ids.size());
    for (ObjectId id : ids) {
      out.putLong(id.owner().value()).putLong(id.number());
    }
  }

  /// @throws IllegalArgumentException when more is announced than there is
  static Payload get(ByteBuffer in) {
    byte[] bytes = new byte[checked(in.getInt(), 1, in)];
    in.get(bytes);
    int count = checked(in.getInt(), ID_BYTES, in);
    if (count == 0) {
      return of(bytes);
    }
    var ids = new ArrayList<ObjectId>(count);
    for (int i = 0; i < count; i++) {
      ids.add(new ObjectId(new NodeId(in.getLong()), in.getLong()));
    }
    return new Payload(bytes, ids, List.of());
  }

  private static int checked(int count, int size, ByteBuffer in) {
    if (count < 0 || (long) count * size > in.remaining()) {
      throw new IllegalArgumentException(
          count + " times " + size + " bytes announced, " + in.remaining() + " there");
    }
    return count;
  }

  @JsonValue
  byte[] toWire() {
    ByteBuffer out = ByteBuffer.allocate(wireSize());
    put(out);
    return out.array();
  }

  @JsonCreator
  static Payload ofWire(byte[] wire) {
    return get(ByteBuffer.wrap(wire));
  }
}
