package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.KryoDataInput;
import com.esotericsoftware.kryo.kryo5.io.KryoDataOutput;
import com.esotericsoftware.kryo.kryo5.io.Output;
import io.manta.core.ValueSerializer;
import java.io.IOException;
import java.util.Collection;

/// A [ValueSerializer] as Kryo wants it.
final class UserSerializer<T> extends Serializer<T> {
  private final ValueSerializer<T> serializer;
  private final boolean travels;
  private final Collection<Object> held;

  /// @param travels whether its class is named in what it writes, so that a reader can make it
  /// @param held where to add what has to live for as long as the bytes
  UserSerializer(ValueSerializer<T> serializer, boolean travels, Collection<Object> held) {
    super(false, false);
    this.serializer = serializer;
    this.travels = travels;
    this.held = held;
  }

  ValueSerializer<T> serializer() {
    return serializer;
  }

  boolean travels() {
    return travels;
  }

  @Override
  public void write(Kryo kryo, Output output, T value) {
    try {
      serializer.write(value, new KryoDataOutput(output));
      if (serializer instanceof HoldingSerializer<T>) {
        held.add(value);
      }
    } catch (IOException e) {
      throw new KryoException(e);
    }
  }

  @Override
  public T read(Kryo kryo, Input input, Class<? extends T> type) {
    try {
      return serializer.read(new KryoDataInput(input), type);
    } catch (IOException e) {
      throw new KryoException(e);
    }
  }
}
