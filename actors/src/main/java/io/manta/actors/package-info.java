/// What users write against: `Manta`, tasks, `RemoteActor` and handles.
@NullMarked
package io.manta.actors;

import org.jspecify.annotations.NullMarked;
