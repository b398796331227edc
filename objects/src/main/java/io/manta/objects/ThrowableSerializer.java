package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;

/// Throwables by class, message, stack and cause; fields of their own do not travel.
final class ThrowableSerializer extends Serializer<Throwable> {
  private final JobClasses classes;
  private final AllowList allowed;

  ThrowableSerializer(JobClasses classes, AllowList allowed) {
    this.classes = classes;
    this.allowed = allowed;
  }

  @Override
  public void write(Kryo kryo, Output output, Throwable throwable) {
    byte[] bytes = Failures.encode(throwable);
    output.writeInt(bytes.length, true);
    output.writeBytes(bytes);
  }

  @Override
  public Throwable read(Kryo kryo, Input input, Class<? extends Throwable> type) {
    byte[] bytes = input.readBytes(input.readInt(true));
    Throwable throwable = Failures.decode(bytes, classes, allowed);
    if (!type.isInstance(throwable)) {
      throw new IllegalArgumentException(
          type.getName() + " has no constructor that takes a message, a cause or nothing");
    }
    return throwable;
  }
}
