package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/// JDK types whose fields Kryo may not open.
final class JdkSerializers {
  private JdkSerializers() {}

  static final class Uuids extends Serializer<UUID> {
    Uuids() {
      super(false, true);
    }

    @Override
    public void write(Kryo kryo, Output output, UUID value) {
      output.writeLong(value.getMostSignificantBits());
      output.writeLong(value.getLeastSignificantBits());
    }

    @Override
    public UUID read(Kryo kryo, Input input, Class<? extends UUID> type) {
      return new UUID(input.readLong(), input.readLong());
    }
  }

  /// Types that are made of a text.
  static final class Texts<T> extends Serializer<T> {
    private final Function<T, String> toText;
    private final Function<String, T> fromText;

    Texts(Function<T, String> toText, Function<String, T> fromText) {
      super(false, true);
      this.toText = toText;
      this.fromText = fromText;
    }

    @Override
    public void write(Kryo kryo, Output output, T value) {
      output.writeString(toText.apply(value));
    }

    @Override
    public T read(Kryo kryo, Input input, Class<? extends T> type) {
      return fromText.apply(input.readString());
    }
  }

  static final class AtomicIntegers extends Serializer<AtomicInteger> {
    @Override
    public void write(Kryo kryo, Output output, AtomicInteger value) {
      output.writeInt(value.get());
    }

    @Override
    public AtomicInteger read(Kryo kryo, Input input, Class<? extends AtomicInteger> type) {
      return new AtomicInteger(input.readInt());
    }
  }

  static final class AtomicLongs extends Serializer<AtomicLong> {
    @Override
    public void write(Kryo kryo, Output output, AtomicLong value) {
      output.writeLong(value.get());
    }

    @Override
    public AtomicLong read(Kryo kryo, Input input, Class<? extends AtomicLong> type) {
      return new AtomicLong(input.readLong());
    }
  }

  static final class AtomicBooleans extends Serializer<AtomicBoolean> {
    @Override
    public void write(Kryo kryo, Output output, AtomicBoolean value) {
      output.writeBoolean(value.get());
    }

    @Override
    public AtomicBoolean read(Kryo kryo, Input input, Class<? extends AtomicBoolean> type) {
      return new AtomicBoolean(input.readBoolean());
    }
  }
}
