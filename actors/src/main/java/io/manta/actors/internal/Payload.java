package io.manta.actors.internal;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.objects.EncodedValue;
import io.manta.objects.ValueCodec;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An encoded value or closure on its way or at rest, in an array or, when large, in object stores;
/// with the refs in it: what these refer to is kept until it is closed or becomes unreachable.
final class Payload implements StoredValue {
  private static final int ID_BYTES = 16;
  private static final int HOLDER_BYTES = 16;
  private static final byte[] NONE = {};

  private final byte[] bytes;
  private final Optional<Large> large;
  private final List<ObjectId> ids;
  private final boolean freesLarge;
  private final Optional<ObjectState> first;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile List<ObjectState> held;
  private List<ObjectId> directIds = List.of();
  private boolean resting;

  private Payload(byte[] bytes, Optional<Large> large, List<ObjectId> ids, List<ObjectState> held) {
    this(bytes, large, true, Optional.empty(), ids, held);
  }

  private Payload(
      byte[] bytes,
      Optional<Large> large,
      boolean freesLarge,
      Optional<ObjectState> first,
      List<ObjectId> ids,
      List<ObjectState> held) {
    this.bytes = bytes;
    this.large = large;
    this.freesLarge = freesLarge;
    this.first = first;
    this.ids = ids;
    this.held = held;
  }

  /// With no refs in it.
  static Payload of(byte[] bytes) {
    return new Payload(bytes, Optional.empty(), List.of(), List.of());
  }

  /// A value or closure, in an array whatever its size.
  ///
  /// @throws io.manta.core.SerializationException naming the path to what can't be encoded
  static Payload encode(@Nullable Object value, ValueCodec codec) {
    return small(codec.prepare(value));
  }

  static Payload small(EncodedValue encoded) {
    return withRefs(encoded.toBytes(), Optional.empty(), encoded.held());
  }

  /// A value that was written into this process's store.
  ///
  /// @param refs the refs in it
  static Payload large(Large large, List<Object> refs) {
    return withRefs(NONE, Optional.of(large), refs);
  }

  /// The same with its bytes in the store; takes the place of this one, as what holds the refs.
  Payload in(Large written) {
    return new Payload(NONE, Optional.of(written), ids, held);
  }

  /// The same with its bytes in an array; this one has to live as long.
  Payload in(byte[] copy) {
    return new Payload(copy, Optional.empty(), ids, held);
  }

  /// The same as the value of a second object, while the first is kept.
  ///
  /// @param first retained for it
  /// @param largeOfBoth what is to be read when it is large
  Payload alias(ObjectState first, Optional<Large> largeOfBoth) {
    boolean own = !largeOfBoth.equals(large);
    return new Payload(bytes, largeOfBoth, own, Optional.of(first), ids, List.of(first));
  }

  private static Payload withRefs(byte[] bytes, Optional<Large> large, List<Object> refs) {
    List<ObjectState> states =
        refs.isEmpty() ? List.of() : refs.stream().flatMap(Payload::states).toList();
    states.forEach(ObjectState::retain);
    List<ObjectId> ids =
        states.isEmpty() ? List.of() : states.stream().map(ObjectState::id).toList();
    return new Payload(bytes, large, ids, states);
  }

  private static Stream<ObjectState> states(Object held) {
    return switch (held) {
      case Ref<?> ref -> Stream.of(ref.state());
      case Handle<?> handle -> handle.counted().map(Ref::state).stream();
      default -> throw new IllegalStateException("nothing can be held for a " + held.getClass());
    };
  }

  /// Empty when it is large.
  byte[] bytes() {
    return bytes;
  }

  Optional<Large> large() {
    return large;
  }

  /// The object whose value it was first, when it is that of a second one.
  Optional<ObjectState> first() {
    return first;
  }

  @Nullable Object decode(ValueCodec codec) {
    try {
      return codec.decode(bytes);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /// @param segment the bytes of it, which is large
  @Nullable Object decode(MemorySegment segment, ValueCodec codec) {
    try {
      return codec.decode(segment);
    } finally {
      Reference.reachabilityFence(segment);
      Reference.reachabilityFence(this);
    }
  }

  /// What the refs in it refer to.
  List<ObjectId> ids() {
    return ids;
  }

  /// It came from another process: what its refs refer to here, each retained for it.
  void arrived(List<ObjectState> states) {
    held = states;
  }

  /// Of a closure that is run again only when what it gave is lost: no more than the lineage of
  /// this process's objects is kept for it.
  ///
  /// @param direct those of the refs in it that it captured directly
  /// @return what was held in place of that, to be released
  List<ObjectState> rest(List<ObjectId> direct, Objects objects) {
    if (resting || closed.get()) {
      return List.of();
    }
    resting = true;
    directIds = direct;
    List<ObjectState> own = held.stream().filter(state -> objects.isOwn(state.id())).toList();
    own.forEach(state -> objects.owned().keepLineage(state.id().number()));
    held = held.stream().filter(state -> !objects.isOwn(state.id())).toList();
    return own;
  }

  /// The closure is run again.
  void wake(Objects objects) {
    if (!resting || closed.get()) {
      return;
    }
    resting = false;
    var states = new ArrayList<ObjectState>(held);
    for (ObjectId id : ownIds(objects)) {
      states.add(objects.open(id));
      objects.owned().forgetLineage(id.number());
    }
    held = states;
  }

  private List<ObjectId> ownIds(Objects objects) {
    return ids.stream().filter(objects::isOwn).toList();
  }

  /// Of a closure that rested: what it captured directly.
  List<ObjectId> directIds() {
    return directIds;
  }

  /// Its bytes were deleted, so that nobody reads the refs in it.
  void shelved(Objects objects) {
    takeHeld().forEach(objects::release);
  }

  private synchronized List<ObjectState> takeHeld() {
    List<ObjectState> taken = held;
    held = List.of();
    return taken;
  }

  long byteSize() {
    return large.map(Large::bytes).orElse((long) bytes.length);
  }

  boolean isClosed() {
    return closed.get();
  }

  /// Nobody is to decode it any more.
  void close(Objects objects) {
    if (closed.compareAndSet(false, true)) {
      takeHeld().forEach(objects::release);
      if (resting) {
        ownIds(objects).forEach(id -> objects.owned().forgetLineage(id.number()));
      }
      if (freesLarge) {
        large.ifPresent(Large::free);
      }
    }
  }

  int wireSize() {
    int body = large.isEmpty() ? 4 + bytes.length : 28 + Holders.MOST_TOLD * HOLDER_BYTES;
    return 5 + body + ids.size() * ID_BYTES;
  }

  void put(ByteBuffer out) {
    if (large.isEmpty()) {
      out.put((byte) 0).putInt(bytes.length).put(bytes);
    } else {
      out.put((byte) 1);
      put(out, large.get());
    }
    out.putInt(ids.size());
    ids.forEach(id -> Wire.putObject(out, id));
  }

  /// Always of the same length.
  private static void put(ByteBuffer out, Large value) {
    Wire.putObject(out, value.stored());
    out.putLong(value.bytes());
    List<Holders.Holder> told = value.holders().tell();
    out.putInt(told.size());
    int end = out.position() + Holders.MOST_TOLD * HOLDER_BYTES;
    told.forEach(holder -> out.putLong(holder.node().value()).putLong(holder.host()));
    out.position(end);
  }

  /// @throws IllegalArgumentException when more is announced than there is
  static Payload get(ByteBuffer in) {
    boolean isLarge = in.get() == 1;
    Optional<Large> large = isLarge ? Optional.of(large(in)) : Optional.empty();
    byte[] bytes = isLarge ? NONE : new byte[checked(in.getInt(), 1, in)];
    in.get(bytes);
    int count = checked(in.getInt(), ID_BYTES, in);
    var ids = new ArrayList<ObjectId>(count);
    for (int i = 0; i < count; i++) {
      ids.add(Wire.object(in));
    }
    return new Payload(bytes, large, count == 0 ? List.of() : ids, List.of());
  }

  private static Large large(ByteBuffer in) {
    ObjectId stored = Wire.object(in);
    long size = in.getLong();
    int count = checked(in.getInt(), HOLDER_BYTES, in);
    int end = in.position() + Holders.MOST_TOLD * HOLDER_BYTES;
    var holders = new ArrayList<Holders.Holder>();
    for (int i = 0; i < Math.min(count, Holders.MOST_TOLD); i++) {
      holders.add(new Holders.Holder(new NodeId(in.getLong()), in.getLong()));
    }
    in.position(end);
    return new Large(stored, size, new Holders(holders));
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
