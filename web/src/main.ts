import './style/index.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { looks, recall } from './state/looks.svelte.ts';
import { preferred, speech } from './words/words.svelte.ts';

looks.apply();
const target = document.getElementById('app');
if (!target) throw new Error('The page has no place for the application.');
await speech.use(preferred(recall('language', '')));
mount(App, { target });
