/*
 * leadboxer.js - for pages that were made for LeadBoxer: our tracker (lb.js), and its functions by the
 * names that those pages call.
 *
 *   <script src="//HOST/?dataset=PUBLIC-ID"></script>        also &onload=false, &onload=map
 *
 *   function ot_onload() { _otmap.put('email', ...); ot_log_state(); }      before the script
 *   var map = new OTMap(); map.put('firstName', 'Ann'); OTLogService.sendEvent('Sign up', map);
 *   ot_uid()                                              the visitor's id
 *
 * What a map says of a person makes that person known; other maps are an event's properties.
 */
import './leadboxer/before.js';
import './lb.js';
import './leadboxer/after.js';
