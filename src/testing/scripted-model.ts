/** The scripted model, as users' own tests import it: replies as data or code, calls recorded, leftovers reported. */
export { readScript, type ScriptedReply, ScriptFile } from '../models/script.ts'
export {
  type ReplyFunction,
  type Script,
  type ScriptEntry,
  type ScriptedCall,
  type ScriptedModel,
  type ScriptedModelOptions,
  scriptedModel,
} from '../models/scripted.ts'
