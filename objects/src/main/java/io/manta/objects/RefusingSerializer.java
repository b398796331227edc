package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;

/// Of objects that are not values: says so. Code and names of their classes travel all the same.
final class RefusingSerializer extends Serializer<Object> {
  private final String why;

  RefusingSerializer(Class<?> type, NotAValue stays) {
    this.why = type.getName() + " " + stays.value();
  }

  @Override
  public void write(Kryo kryo, Output output, Object object) {
    throw new IllegalArgumentException(why);
  }

  @Override
  public Object read(Kryo kryo, Input input, Class<? extends Object> type) {
    throw new IllegalArgumentException(why);
  }
}
